import Foundation
import LungfoldImaging
import LungfoldReport
import LungfoldStudy

/// Draws plots with gnuplot, where it is installed.
public enum Gnuplot {
    /// A plot as files.
    public struct Drawing: Sendable {
        /// SVG.
        public var svg: String?
        /// PDF.
        public var pdf: [UInt8]
    }

    /// Draws plots: all in one run of gnuplot, or, where that fails, each in a run of its own, so that
    /// a plot that cannot be drawn costs itself alone.
    /// - Parameters:
    ///   - program: gnuplot's name or path.
    ///   - limit: seconds that the run of all may take, and the runs of each together.
    ///   - notice: is told which plots there are not, and why.
    /// - Returns: the drawings by name; none where gnuplot is missing, which costs a report nothing
    ///   else.
    public static func draw(
        _ plots: [Plot], program: String = "gnuplot", limit: Double = 60, notice: (String) -> Void
    ) throws -> [String: Drawing] {
        guard !plots.isEmpty else { return [:] }
        guard let path = Executable.find(program) else {
            notice("gnuplot is not installed (Debian: gnuplot-nox); the report has no plots")
            return [:]
        }
        do {
            return try attempt(plots, path, limit)
        } catch {
            let (drawings, failures) = each(plots, path, limit)
            tell(failures, of: plots, notice)
            return drawings
        }
    }

    private static func each(
        _ plots: [Plot], _ program: String, _ limit: Double
    ) -> (drawings: [String: Drawing], failures: [(plot: Plot, reason: String)]) {
        var drawings: [String: Drawing] = [:]
        var failures: [(Plot, String)] = []
        let end = Date(timeIntervalSinceNow: limit)
        for plot in plots {
            // A plot takes a fraction of a second; one that hangs must leave time for the others.
            let left = min(end.timeIntervalSinceNow, limit / 6)
            do {
                guard left > 0 else { throw Failure("there was no time left for it") }
                drawings.merge(try attempt([plot], program, left)) { first, _ in first }
            } catch {
                failures.append((plot, "\(error)"))
            }
        }
        return (drawings, failures)
    }

    private static func tell(
        _ failures: [(plot: Plot, reason: String)], of plots: [Plot], _ notice: (String) -> Void
    ) {
        if let first = failures.first, failures.count == plots.count {
            return notice("gnuplot failed, so the report has no plots: \(first.reason)")
        }
        for (plot, reason) in failures {
            notice("gnuplot could not draw \(plot.name), which the report lacks: \(reason)")
        }
    }

    /// Why gnuplot drew nothing.
    private struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// Draws plots in one run, all or none: what gnuplot leaves of the plot it fails on looks whole.
    private static func attempt(
        _ plots: [Plot], _ program: String, _ limit: Double
    ) throws -> [String: Drawing] {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("lungfold-plots-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
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
        // Numbers, dates in PDF files and fonts that do not depend on the user's settings.
        let environment = [
            "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "0",
            "HOME": folder.path,
        ]
        if let reason = try ChildProcess.run(
            program, ["plots.gp"], in: folder, environment: environment, limit: limit)
        {
            throw Failure(reason)
        }
        return try plots.reduce(into: [:]) { drawings, plot in
            guard let drawing = drawing(plot, in: folder) else {
                throw Failure("its files are incomplete; is the disk full?")
            }
            drawings[plot.name] = drawing
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
