import Glibc
import LungfoldStudy

/// A POSIX thread. Swift's tasks hop between threads, and MPI at level FUNNELED must see one.
struct RawThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a detached thread that runs `body` once.
    static func start(_ body: @escaping @Sendable () -> Void) throws {
        let passed = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let error = pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, passed.toOpaque())
        guard error == 0 else {
            passed.release()
            throw LungfoldError(
                .internal, "the communication thread", String(cString: strerror(error)),
                remedy: "Raise the limit of threads (ulimit -u) or of memory (ulimit -v)")
        }
        pthread_detach(thread)
    }
}
