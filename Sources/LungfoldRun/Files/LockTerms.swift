import Glibc

/// What locks go by.
package struct LockTerms: Sendable {
    /// Seconds between two signs of life of the owner.
    package var beat = 2.0
    /// How long to wait for a lock that is held.
    package var patience = 3.0
    /// How long a sign of life may be missing.
    package var silence = 60.0 * LimitScale.factor
    /// How long a new owner waits for another that has found the lock free at the same moment.
    var confirmation: Double { 2 * beat * LimitScale.factor }
    /// The kernel's lock on an open file: 0 for success, or the errno.
    package var flock: @Sendable (_ descriptor: Int32, _ operation: Int32) -> Int32 = kernelLock

    /// The usual ones.
    package init() {}
}

private func kernelLock(_ descriptor: Int32, _ operation: Int32) -> Int32 {
    flock(descriptor, operation) == 0 ? 0 : errno
}
