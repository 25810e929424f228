/// The event file of a job's speed, which grows while the job runs and goes on where an earlier run
/// ended.
public enum SpeedEvents {
    /// The file's name. TensorBoard reads the files of a folder by name and never goes back, so this one
    /// comes before the job's curve, which is written later.
    public static let name = "events.out.tfevents.0000000000.images-per-second"

    /// What is to be added to the file for an epoch.
    /// - Parameters:
    ///   - iteration: the last of the epoch.
    ///   - time: seconds since 1970.
    public static func record(_ imagesPerSecond: Double, iteration: Int, time: Double) -> [UInt8] {
        var file = EventFile.continued()
        file.add(imagesPerSecond, tag: "speed/images per second", step: iteration, time: time)
        return file.bytes
    }

    /// What of a file stays when a run goes on: its beginning, and whole records of earlier iterations.
    /// Of anything else, and behind a record that is torn or damaged, nothing.
    public static func kept(_ bytes: [UInt8], before iteration: Int) -> [UInt8] {
        var kept = EventFile().bytes
        var rest = bytes[...]
        while let (record, content) = nextRecord(&rest) {
            let step = step(of: content)
            if step > 0, step < iteration { kept += record }
        }
        return kept
    }

    private static func nextRecord(_ rest: inout ArraySlice<UInt8>)
        -> (record: ArraySlice<UInt8>, content: [UInt8])?
    {
        guard rest.count >= 12 else { return nil }
        let header = rest.prefix(8)
        let length = number(header)
        guard number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(Array(header))),
            length <= UInt64(rest.count - 12), rest.count - 12 - Int(length) >= 4
        else { return nil }
        let record = rest.prefix(16 + Int(length))
        let content = Array(record.dropFirst(12).dropLast(4))
        guard number(record.suffix(4)) == UInt64(CRC32C.masked(content)) else { return nil }
        rest = rest.dropFirst(record.count)
        return (record, content)
    }

    /// The step of an event as `EventFile` writes it: the second field, behind the time; 0 where there
    /// is none.
    private static func step(of event: [UInt8]) -> Int {
        guard event.count > 10, event[0] == 1 << 3 | 1, event[9] == 2 << 3 else { return 0 }
        var (step, shift) = (0, 0)
        for byte in event[10...] where shift < 63 {
            step |= Int(byte & 127) << shift
            shift += 7
            if byte < 128 { return step }
        }
        return 0
    }

    /// A number, lowest byte first.
    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
