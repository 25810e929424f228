/// A TensorBoard event file: records of protocol buffers, each with masked checksums of its length and
/// its content (tensorboard/summary/writer/record_writer.py, tensorboard/compat/proto/event.proto).
///
/// An event's time is its step, in seconds: what a job leaves depends on no clock.
public struct EventFile: Sendable {
    /// The file's name in its run's folder, by which TensorBoard finds it.
    public static let name = "events.out.tfevents.0000000000.lungfold"

    /// The file's bytes so far.
    public private(set) var bytes: [UInt8] = []
    private var described: Set<String> = []

    /// Opens a file.
    public init() {
        var event = ProtocolBuffer()
        event.add(1, double: 0)
        event.add(3, text: "brain.Event:2")
        append(event)
    }

    /// Goes on with a file that has its beginning already: `bytes` is what is to be added to it.
    static func continued() -> EventFile {
        var file = EventFile()
        file.bytes = []
        return file
    }

    /// Adds a number.
    /// - Parameter time: seconds since 1970; the step where a file is to depend on no clock.
    public mutating func add(_ value: Double, tag: String, step: Int, time: Double? = nil) {
        guard value.isFinite else { return }
        var tensor = ProtocolBuffer()
        tensor.add(1, integer: 1)  // DT_FLOAT
        tensor.add(2, message: ProtocolBuffer())  // no dimensions
        tensor.add(5, packed: [Float(value)])
        add(tensor, tag: tag, step: step, time: time, Plugin(name: "scalars", dataClass: 1))
    }

    /// Adds a picture, a PNG file.
    public mutating func add(png: [UInt8], width: Int, height: Int, tag: String, step: Int) {
        var tensor = ProtocolBuffer()
        tensor.add(1, integer: 7)  // DT_STRING
        var shape = ProtocolBuffer()
        var length = ProtocolBuffer()
        length.add(1, integer: 3)
        shape.add(2, message: length)
        tensor.add(2, message: shape)
        for part in [Array("\(width)".utf8), Array("\(height)".utf8), png] {
            tensor.add(8, bytes: part)
        }
        add(tensor, tag: tag, step: step, Plugin(name: "images", dataClass: 3))
    }

    /// Adds what a plugin reads from a tag's description alone.
    mutating func add(content: ProtocolBuffer, tag: String, plugin: String) {
        var shape = ProtocolBuffer()
        shape.add(2, message: ProtocolBuffer())  // one dimension, of length 0
        var tensor = ProtocolBuffer()
        tensor.add(1, integer: 1)  // DT_FLOAT
        tensor.add(2, message: shape)
        add(tensor, tag: tag, step: 0, Plugin(name: plugin, content: content.bytes))
    }

    /// The plugin of TensorBoard that shows a tag, and what it is told.
    private struct Plugin {
        var name: String
        var content: [UInt8] = []
        var dataClass = 0
    }

    private mutating func add(
        _ tensor: ProtocolBuffer, tag: String, step: Int, time: Double? = nil, _ plugin: Plugin
    ) {
        var value = ProtocolBuffer()
        value.add(1, text: tag)
        value.add(8, message: tensor)
        // What a tag is stands with its first value alone.
        if described.insert(tag).inserted {
            var name = ProtocolBuffer()
            name.add(1, text: plugin.name)
            if !plugin.content.isEmpty { name.add(2, bytes: plugin.content) }
            var metadata = ProtocolBuffer()
            metadata.add(1, message: name)
            if plugin.dataClass > 0 { metadata.add(4, integer: plugin.dataClass) }
            value.add(9, message: metadata)
        }
        var summary = ProtocolBuffer()
        summary.add(1, message: value)
        var event = ProtocolBuffer()
        event.add(1, double: time ?? Double(step))
        event.add(2, integer: step)
        event.add(5, message: summary)
        append(event)
    }

    private mutating func append(_ event: ProtocolBuffer) {
        let length = (0..<8).map { UInt8(truncatingIfNeeded: event.bytes.count >> (8 * $0)) }
        for part in [length, event.bytes] {
            bytes += part
            let checksum = CRC32C.masked(part)
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: checksum >> (8 * UInt32($0))) }
        }
    }
}

/// A message of protocol buffers' wire format.
struct ProtocolBuffer {
    private(set) var bytes: [UInt8] = []

    mutating func add(_ field: Int, integer: Int) {
        add(variable: UInt64(field) << 3)
        add(variable: UInt64(bitPattern: Int64(integer)))
    }

    mutating func add(_ field: Int, double: Double) {
        add(variable: UInt64(field) << 3 | 1)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: double.bitPattern >> (8 * UInt64($0))) }
    }

    mutating func add(_ field: Int, bytes content: [UInt8]) {
        add(variable: UInt64(field) << 3 | 2)
        add(variable: UInt64(content.count))
        bytes += content
    }

    mutating func add(_ field: Int, text: String) { add(field, bytes: Array(text.utf8)) }

    mutating func add(_ field: Int, message: ProtocolBuffer) { add(field, bytes: message.bytes) }

    mutating func add(_ field: Int, packed values: [Float]) {
        add(
            field,
            bytes: values.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * UInt32($0))) }
            })
    }

    private mutating func add(variable value: UInt64) {
        var rest = value
        while rest > 127 {
            bytes.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

/// CRC-32C (Castagnoli; RFC 3720, appendix B.4).
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { rest, _ in
            rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1
        }
    }

    /// The checksum.
    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
    }

    /// The checksum as TensorFlow's records store it.
    static func masked(_ bytes: [UInt8]) -> UInt32 {
        let checksum = of(bytes)
        return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
    }
}
