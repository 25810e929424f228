import Foundation
import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// Draws plots with gnuplot, where it is installed.
enum Gnuplot {
    /// A plot as files.
    struct Drawing {
        var svg: String?
        var pdf: [UInt8]
    }

    /// Draws plots in one run of gnuplot.
    /// - Parameter notice: is told why there are no plots.
    /// - Returns: the drawings by name; none where gnuplot is missing or fails, which costs a report
    ///   nothing else.
    static func draw(_ plots: [Plot], notice: (String) -> Void) throws -> [String: Drawing] {
        guard !plots.isEmpty else { return [:] }
        guard let program = Executable.find("gnuplot") else {
            notice("note: gnuplot is not installed (Debian: gnuplot-nox); the report has no plots")
            return [:]
        }
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-plots-\(UUID().uuidString)")
        do {
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try run(program, plots, in: folder)
            return plots.reduce(into: [:]) { drawings, plot in
                drawings[plot.name] = drawing(plot, in: folder)
            }
        } catch {
            notice("note: gnuplot failed, so the report has no plots: \(error)")
            return [:]
        }
    }

    private static func run(_ program: String, _ plots: [Plot], in folder: URL) throws {
        var script = ""
        for plot in plots {
            try WholeFile.write(
                Array(plot.data.utf8), to: folder.appendingPathComponent(plot.dataFile).path)
            for terminal in Plot.Terminal.allCases {
                script += plot.script(terminal, output: "\(plot.name).\(terminal.rawValue)")
            }
        }
        try WholeFile.write(
            Array(script.utf8), to: folder.appendingPathComponent("plots.gp").path)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["plots.gp"]
        process.currentDirectoryURL = folder
        // Numbers, dates in PDF files and fonts that do not depend on the user's settings.
        process.environment = [
            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0",
            "HOME": folder.path,
        ]
        let errors = folder.appendingPathComponent("errors")
        try Data().write(to: errors)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let words = String(decoding: (try? Data(contentsOf: errors)) ?? Data(), as: UTF8.self)
            throw LungfoldError(
                .io, program, words.split(separator: "\n").joined(separator: " "))
        }
    }

    private static func drawing(_ plot: Plot, in folder: URL) -> Drawing? {
        func bytes(_ terminal: Plot.Terminal) -> [UInt8] {
            FileSystem.readIfAny(
                folder.appendingPathComponent("\(plot.name).\(terminal.rawValue)").path)
        }
        let svg = String(decoding: bytes(.svg), as: UTF8.self)
        let pdf = bytes(.pdf)
        // Each has its end: a disk that fills cuts them without a word from gnuplot.
        guard svg.contains("</svg>"), pdf.suffix(32).firstRange(of: Array("%%EOF".utf8)) != nil
        else { return nil }
        return Drawing(svg: svg, pdf: undated(pdf))
    }

    /// A PDF file without the day it was made, so that equal plots are equal bytes: the date's digits
    /// become others, as many, and the file's offsets stay true.
    private static func undated(_ pdf: [UInt8]) -> [UInt8] {
        let mark = Array("/CreationDate (D:".utf8)
        guard let range = pdf.firstRange(of: mark) else { return pdf }
        let date = Array("20000101000000".utf8)
        guard range.upperBound + date.count <= pdf.count else { return pdf }
        var undated = pdf
        undated.replaceSubrange(range.upperBound..<range.upperBound + date.count, with: date)
        return undated
    }
}

/// Programs of the system.
enum Executable {
    /// The first of a name on the PATH.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
