import LungfoldEngine
import LungfoldStudy
import LungfoldTraining

extension LungfoldError {
    /// Runs engine code; its errors become the program's.
    /// - Parameter kind: what an error of the engine means here.
    static func translating<Result>(_ kind: Kind, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as EngineError {
            throw LungfoldError(kind, error)
        }
    }
}
