import LungfoldReport
import LungfoldStudy
import Testing

/// Lesion burden on slices of 4 x 4 pixels, counted by hand: truth is the two columns on the left;
/// SegNet finds the first, U-Net both, and the upper right pixel more in even slices.
@Suite("Lesion burden")
struct BurdenTests {
    private func burden(_ material: (inout SliceMaterial) -> Void) throws -> Table {
        var outcome = try Sample.illustrated()
        var changed = try #require(outcome.material)
        material(&changed)
        outcome.material = changed
        return try #require(Report(outcome: outcome).tables.first { $0.name == "burden" })
    }

    private func numbers(_ row: [Table.Cell]) -> [Double] {
        row.compactMap { cell in
            if case .real(let value, _) = cell { return value }
            return nil
        }
    }

    @Test("Without lungs: a share of the whole slice, and a word about it")
    func wholeSlice() throws {
        let table = try burden { _ in }
        #expect(numbers(table.rows[0]) == [0.5, 0.25, -0.25, 0.25])
        #expect(table.rows[0].last == .blank)
        #expect(table.notes[0].contains("the whole slice, for want of a lung mask"))
        #expect(table.notes[1].contains("much smaller than shares of the lungs"))
        #expect(!MarkdownRenderer.render(table).contains("Predicted outside"))
    }

    @Test("With a lung mask: what lies outside is counted apart")
    func mask() throws {
        // The lungs are the second and third column: 8 pixels, of which 4 are lesion.
        let table = try burden { material in
            material.lungs = material.images.map { image in
                image.indices.map { (1...2).contains($0 % 4) ? 1 : 0 }
            }
        }
        // SegNet's 4 pixels are all outside: nothing in the lungs, 4/8 elsewhere.
        #expect(numbers(table.rows[0]) == [0.5, 0, -0.5, 0.5, 0.5])
        // U-Net: 4 in the lungs; outside 4, and 5 in the 7 even slices of 15.
        let unet = numbers(table.rows[1])
        #expect(unet[0...3] == [0.5, 0.5, 0, 0])
        #expect(abs(unet[4] - (15 * 4 + 7) / (15.0 * 8)) < 1e-15)
        #expect(table.notes[0].contains("a share of the lungs,"))
        // 4 true pixels outside on each of 15 slices.
        #expect(table.notes.last?.contains("60 pixels of all slices together") == true)
    }

    @Test("Slices that are masked already: pixels above 0 stand in, and the table says so")
    func standIn() throws {
        // 6 pixels of 16 are above 0: the first column, and two of the second.
        let table = try burden { material in
            material.images = material.images.map { image in
                image.indices.map { $0 % 4 == 0 || $0 == 1 || $0 == 5 ? 90 : 0 }
            }
        }
        let segnet = numbers(table.rows[0])
        #expect(segnet[0] == 1 && abs(segnet[1] - 4.0 / 6) < 1e-15 && segnet[4] == 0)
        #expect(table.notes[0].contains("the pixels above 0, which stand in for the lungs"))
        #expect(table.notes[1].hasPrefix("No lung mask was given. Most pixels are exactly 0"))
    }

    @Test("A slice without lungs has no burden")
    func noLungs() throws {
        let table = try burden { material in
            material.lungs = material.images.indices.map { slice in
                (0..<16).map { _ in slice == 0 ? 0 : 1 }
            }
        }
        #expect(table.rows[0][2] == .integer(14))
        #expect(numbers(table.rows[0])[0] == 0.5)
    }
}
