import CLungfoldKernels
import COpenBLAS

/// What the engine has found of this machine.
public enum EngineHost {
    /// The instruction set whose loops it runs: the best that this CPU has.
    public static var instructionSet: InstructionSet? {
        lf_kernels_name(lf_kernels_best()).flatMap { InstructionSet(rawValue: String(cString: $0)) }
    }

    /// The CPU whose kernels OpenBLAS runs, such as `SkylakeX`.
    public static var openBLASCore: String {
        openblas_get_corename().map { String(cString: $0) } ?? "unknown"
    }

    /// OpenBLAS's version and how it was built, in its own words.
    public static var openBLASConfiguration: String {
        openblas_get_config().map { String(cString: $0) } ?? "unknown"
    }

    /// Floating-point operations a second of one core when nothing but the register-blocked product
    /// runs, from the first-level cache: the roof of what the engine can reach.
    public static func measuredPeakFLOPs() -> Double { lf_measure_peak(lf_kernels_best()) }
}
