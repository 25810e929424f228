import LungfoldStudy
import Testing

@Suite("Lists in options")
struct OptionListTests {
    @Test(
        "Numbers and ranges, in the order given",
        arguments: [
            ("1-9", Array(1...9)), ("1,3,5-7", [1, 3, 5, 6, 7]), ("4", [4]),
            ("9, 2 ,1", [9, 2, 1]),
            ("3-3", [3]),
        ])
    func numbers(text: String, expected: [Int]) throws {
        #expect(try OptionList.numbers(text, option: "--experiments", allowed: 1...9) == expected)
    }

    @Test(
        "Anything else is refused, naming the option",
        arguments: [
            "", ",", "1,", "a", "1-", "-1", "5-3", "1-2-3", "0", "10", "1-10", "1,1", "2,1-3", "+1",
            "1.5", "1 2", "99999999999999999999", "1-99999999999999999999", "1-9000000000000000000",
        ])
    func wrongNumbers(text: String) {
        let error = #expect(throws: LungfoldError.self) {
            try OptionList.numbers(text, option: "--experiments", allowed: 1...9)
        }
        #expect(error?.kind == .usage)
        #expect(error?.subject == "--experiments")
    }

    @Test("Names, and all of them")
    func names() throws {
        #expect(
            try OptionList.names("unet,segnet", option: "--networks") == [
                NetworkKind.unet, .segnet,
            ])
        #expect(try OptionList.names("all", option: "--tasks") == SegmentationTask.allCases)
    }

    @Test(
        "An unknown name says which there are", arguments: ["vnet", "", "segnet,segnet", "SegNet"])
    func wrongNames(text: String) {
        let error = #expect(throws: LungfoldError.self) {
            let _: [NetworkKind] = try OptionList.names(text, option: "--networks")
        }
        #expect(error?.kind == .usage)
        #expect(error?.subject == "--networks")
    }

    @Test("The message for an unknown network, as a whole")
    func message() {
        let error = #expect(throws: LungfoldError.self) {
            let _: [NetworkKind] = try OptionList.names("segnet,vnet", option: "--networks")
        }
        #expect(
            error?.description
                == "--networks: \"vnet\" is none of segnet, unet. Choose from segnet, unet.")
    }
}
