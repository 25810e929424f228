import Glibc

/// Time for limits and waits: monotonic, and standing still while the machine is suspended.
enum Clock {
    /// Seconds since some moment in the past.
    static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Sleeps; at most half a second at a time.
    static func sleep(seconds: Double) {
        usleep(UInt32(max(0, min(seconds, 0.5)) * 1e6))
    }
}
