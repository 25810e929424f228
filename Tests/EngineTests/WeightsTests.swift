import Foundation
import LungfoldEngine
import Testing

/// The bytes of a safetensors file with a given header and data.
private func file(_ header: String, data: Int = 0) -> [UInt8] {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
        + Array(header.utf8) + Array(repeating: 0, count: data)
}

private func tensor(_ name: String, _ shape: [Int], _ begin: Int, _ end: Int, dtype: String = "F32")
    -> String
{
    "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":[\(begin),\(end)]}"
}

@Suite("safetensors") struct WeightsTests {
    private let sample = WeightSet(
        tensors: [
            "b.weight": WeightTensor(
                shape: [2, 1, 3], values: [1, -2, 0.5, .infinity, -0, .leastNonzeroMagnitude]),
            "a": WeightTensor(shape: [], values: [7]),
            "empty": WeightTensor(shape: [0, 4], values: []),
        ],
        metadata: ["note": "a \"quoted\" \\ line\nand é 🫁", "classes": "2"])

    @Test("what is written is read back, bit for bit")
    func roundTrip() throws {
        let bytes = sample.encoded()
        #expect(try WeightSet(safetensors: bytes, file: "w") == sample)
        #expect(try WeightSet(safetensors: bytes, file: "w").encoded() == bytes)
    }

    @Test("equal sets give equal bytes, in the order of the names, the data at a multiple of 8")
    func deterministicBytes() throws {
        var other = WeightSet()
        for key in sample.metadata.keys.sorted().reversed() {
            other.metadata[key] = sample.metadata[key]
        }
        for key in sample.tensors.keys.sorted().reversed() {
            other.tensors[key] = sample.tensors[key]
        }
        let bytes = sample.encoded()
        #expect(other.encoded() == bytes)
        #expect(Int(bytes[0]) + Int(bytes[1]) << 8 == bytes.count - 8 - 28)
        #expect((bytes.count - 28) % 8 == 0)
        #expect(Array(bytes[(bytes.count - 28)..<(bytes.count - 24)]) == [0, 0, 0xe0, 0x40])
    }

    @Test("JSON escapes in names and metadata")
    func escapes() throws {
        let header =
            #" {"x\u0041\ud83e\udec1\/": {"dtype" : "F32", "shape":[ ], "data_offsets": [0,4]}}"#
        let bytes = file(String(header.dropFirst()) + "   ", data: 4)
        #expect(try WeightSet(safetensors: bytes, file: "w").tensors.keys.first == "xA🫁/")
    }

    @Test(
        "a broken rule is an error that names file, tensor and rule",
        arguments: [
            (file("[]"), "begin with '{'"),
            (file(""), "begin with '{'"),
            (file("{"), "valid JSON"),
            (file("{}x"), "text follows"),
            (file("{\"a\":{}}"), "lacks one of dtype"),
            (file("{\(tensor("t", [1], 0, 4, dtype: "F16"))}", data: 4), "stored as F16"),
            (file("{\(tensor("t", [1], 0, 4, dtype: "BF16"))}", data: 4), "stored as BF16"),
            (file("{\(tensor("t", [1], 0, 8, dtype: "F64"))}", data: 8), "stored as F64"),
            (file("{\(tensor("t", [2], 0, 4))}", data: 4), "shape [2] needs 8 bytes"),
            (file("{\(tensor("t", [1], 4, 0))}", data: 4), "data_offsets [4, 0]"),
            (file("{\(tensor("t", [1], 4, 8))}", data: 8), "leaves a hole"),
            (
                file("{\(tensor("t", [2], 0, 8)),\(tensor("u", [2], 4, 12))}", data: 12),
                "overlaps"
            ),
            (file("{\(tensor("t", [1], 0, 4)),\(tensor("t", [1], 4, 8))}", data: 8), "twice"),
            (file("{\(tensor("t", [1], 0, 4))}", data: 3), "ends inside tensor 't'"),
            (file("{\(tensor("t", [1], 0, 4))}", data: 5), "1 bytes after its last tensor"),
            (file("{\(tensor("t", [1 << 40, 1 << 40], 0, 4))}", data: 4), "overflows"),
            (file("{\"t\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}"), "integer"),
            (
                file("{\"t\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999]}}"),
                "20 digits overflows"
            ),
            (file("{\"t\":{\"dtype\":\"F32\",\"colour\":[1]}}"), "unknown field 'colour'"),
            (file("{\"__metadata__\":{\"a\":1}}"), "'\"' was due"),
            (file("{\"\\ud800\":{}}"), "valid JSON"),
        ])
    func refusals(_ bytes: [UInt8], _ rule: String) throws {
        let error = #expect(throws: EngineError.self) {
            try WeightSet(safetensors: bytes, file: "bad.safetensors")
        }
        let message = try #require(error).description
        #expect(message.contains(rule) && message.contains("bad.safetensors"), "\(message)")
    }

    @Test("a header length beyond the file or the 100 MB limit is refused before anything is read")
    func headerLength() {
        for length in [UInt64(9), 100_000_001, .max] {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array("{}".utf8)
            #expect(throws: EngineError.self) { try WeightSet(safetensors: bytes, file: "w") }
        }
    }

    @Test("no truncation and no flipped header bit crashes; truncations are all refused")
    func damage() {
        let bytes = sample.encoded()
        for count in 0..<bytes.count {
            #expect(throws: EngineError.self) {
                try WeightSet(safetensors: Array(bytes[..<count]), file: "w")
            }
        }
        for bit in 0..<(bytes.count - 28) * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            let read = try? WeightSet(safetensors: damaged, file: "w")
            #expect(read?.tensors.values.allSatisfy { $0.values.count <= 6 } ?? true)
        }
    }

    @Test("a path that is no file is an error that names it")
    func paths() {
        let folder = FileManager.default.temporaryDirectory.path
        // A pipe would be waited for, and a device has no end.
        let pipe = "\(folder)/lungfold-pipe-\(UUID().uuidString)"
        mkfifo(pipe, 0o600)
        defer { unlink(pipe) }
        for path in [folder, folder + "/lungfold-no-such-file", pipe, "/dev/zero"] {
            let error = #expect(throws: EngineError.self) { try WeightSet(contentsOf: path) }
            #expect(error?.description.contains(path) == true)
        }
    }
}
