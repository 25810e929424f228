import Foundation
import LungfoldCluster
import LungfoldStudy

/// What a scenario does on every rank, given the numbers of the command line.
typealias ScenarioBody = @Sendable (World, [Int]) throws -> Int32

enum Scenario {
    static let all: [String: ScenarioBody] = [
        "world": world, "queue": queue, "two-queues": twoQueues, "idle": idle, "stop": stop,
        "silent": silent, "stalled": stalled, "lost": lost, "leaving": leaving,
        "sleep": sleep, "broadcast": broadcast, "broken-input": brokenInput, "disagree": disagree,
        "bits": bits, "owners": owners, "uneven": uneven, "late": late, "absent": absent,
        "local-error": localError,
    ]

    // MARK: The world

    static func world(_ world: World, _: [Int]) throws -> Int32 {
        if world.rank == 0 {
            let place = world.placement
            ClusterProbe.say(
                "size \(world.size) hosts \(place.hosts.count) here \(place.ranksOnHost) bound "
                    + "\(place.boundCores) of \(place.hostCores) each \(place.coresPerRank) "
                    + "notices \(place.notices.count) library \(world.library)")
        }
        return 0
    }

    static func localError(_ world: World, _ numbers: [Int]) throws -> Int32 {
        if world.rank == numbers[0] { throw LungfoldError(.io, "a disk", "it is full") }
        Thread.sleep(forTimeInterval: 30)
        return 0
    }

    /// Rank 1 works on while the others have come to the end.
    static func late(_ world: World, _: [Int]) throws -> Int32 {
        if world.rank == 1 { Thread.sleep(forTimeInterval: 30) }
        try world.finish(atMost: 0.5)
        return 0
    }

    /// Rank 1 comes to the end with a code, and is stopped there while it waits for rank 0.
    static func absent(_ world: World, _ numbers: [Int]) throws -> Int32 {
        if world.rank == 1 {
            Thread.detachNewThread {
                Thread.sleep(forTimeInterval: 2)
                kill(getpid(), SIGSTOP)
            }
        } else {
            Thread.sleep(forTimeInterval: 4)
        }
        try world.finish(with: Int32(numbers[0]))
        // Not a second time, as it would be by returning.
        exit(0)
    }

    // MARK: Collectives

    static func broadcast(_ world: World, _ numbers: [Int]) throws -> Int32 {
        // A period of a prime number of bytes, so that no chunk looks like another.
        let period = (0..<251).map { UInt8($0) }
        var expected: [UInt8] = []
        while expected.count < numbers[0] { expected += period }
        expected.removeLast(expected.count - numbers[0])
        let begin = Date()
        let bytes = try world.broadcast { expected }
        let seconds = -begin.timeIntervalSinceNow
        let good = try world.sum([bytes == expected ? 1 : 0])
        if let good { ClusterProbe.say("good on \(good[0]) in \(seconds) s") }
        return 0
    }

    static func brokenInput(_ world: World, _: [Int]) throws -> Int32 {
        _ = try world.broadcast {
            throw LungfoldError(.badData, "im.nii.gz", "it is empty", remedy: "Fetch it again")
        }
        return 0
    }

    static func disagree(_ world: World, _: [Int]) throws -> Int32 {
        try world.agree(on: 7, what: "the data")
        try world.agree(on: world.rank == 2 ? .max : 0, what: "the build of lungfold")
        return 0
    }

    /// Each slot is written by one rank; the patterns are ones that a sum of doubles would spoil.
    static func bits(_ world: World, _: [Int]) throws -> Int32 {
        let patterns: [UInt64] = [
            0x7ff8_0000_0000_0001, 0xfff0_dead_beef_0001, (-0.0).bitPattern, 1, .max,
            (-Double.infinity).bitPattern, Double.leastNonzeroMagnitude.bitPattern, 0,
        ]
        let mine = patterns.indices.map { $0 % world.size == world.rank ? patterns[$0] : 0 }
        let together = try world.gatherBits(mine)
        let sums = try world.sum([Int64(world.rank), 1, 1 << 60 + Int64(world.rank)])
        if let together, let sums {
            ClusterProbe.say("exact \(together == patterns) sums \(sums)")
        }
        return 0
    }

    static func owners(_ world: World, _ numbers: [Int]) throws -> Int32 {
        let keys = ["a", "b", "c"]
        let held = numbers[0] == 0 ? ["a", "b", "c"] : ["a", "c"]
        try world.checkOwners(of: keys, owned: world.rank == 0 ? Set(held) : [])
        return 0
    }

    static func uneven(_ world: World, _: [Int]) throws -> Int32 {
        _ = try world.sum([Int64](repeating: 1, count: world.rank == 1 ? 3 : 2))
        return 0
    }
}
