extension WeightSet {
    /// The set as a safetensors file. Equal sets give equal bytes: tensors lie in the order of their
    /// names, and the header is padded with spaces so that the data starts at a multiple of 8.
    public func encoded() -> [UInt8] {
        let names = tensors.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        var members: [String] = metadata.isEmpty ? [] : [encodedMetadata()]
        var end = 0
        for name in names {
            let tensor = tensors[name]!
            let begin = end
            end += 4 * tensor.values.count
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(begin),\(end)]}")
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) }
        bytes.reserveCapacity(8 + header.count + end)
        bytes += header
        for name in names { tensors[name]!.values.withUnsafeBytes { bytes += $0 } }
        return bytes
    }

    private func encodedMetadata() -> String {
        let members = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            .map { "\(quoted($0.key)):\(quoted($0.value))" }
        return "\"__metadata__\":{\(members.joined(separator: ","))}"
    }

    /// A JSON string: quotes, backslashes and control characters escaped.
    private func quoted(_ text: String) -> String {
        var json = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": json += "\\\(scalar)"
            case ..<" ":
                let digits = String(scalar.value, radix: 16)
                json += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: json.unicodeScalars.append(scalar)
            }
        }
        return json + "\""
    }
}
