/// An integer that MPI can reduce. Floats are not among them: MPI adds in an order that depends on the
/// number of ranks, so floats travel as bit patterns and are added on rank 0.
protocol ReducibleInteger: FixedWidthInteger, Sendable {}

extension Int64: ReducibleInteger {}
extension UInt64: ReducibleInteger {}

/// How values of the ranks are put together.
enum ReducingOperation {
    case sum
    case bitwiseOr
    case minimum
}
