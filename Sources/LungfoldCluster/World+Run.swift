import LungfoldStudy

extension World {
    /// Starts the world, runs `body` on every rank, and ends it, whatever happens: the frame of a
    /// program that mpirun starts.
    ///
    /// An error that all ranks know is printed by rank 0, and all end in order with its exit code. An
    /// error of one rank is printed with the rank and ends all ranks at once.
    /// - Parameters:
    ///   - limitScale: a factor on how long the ranks wait for each other, for tests.
    ///   - body: gives the exit code.
    /// - Returns: the exit code of this process.
    public static func run(limitScale: Double = 1, _ body: (World) throws -> Int32) -> Int32 {
        do {
            let world = try start(limitScale: limitScale)
            return world.run(body)
        } catch {
            Diagnostics.say("\(error)")
            return Int32(((error as? LungfoldError)?.kind ?? .internal).rawValue)
        }
    }

    private func run(_ body: (World) throws -> Int32) -> Int32 {
        do {
            let code = try body(self)
            try finish(with: code)
            return code
        } catch let error as LungfoldError where isKnownToAll(error) || size == 1 {
            if rank == 0 { Diagnostics.say("\(error)") }
            let code = Int32(error.kind.rawValue)
            do { try finish(with: code, atMost: 10) } catch { abort(error, code: code) }
            return code
        } catch {
            abort(error)
        }
    }
}
