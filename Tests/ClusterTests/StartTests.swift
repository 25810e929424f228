import LungfoldCluster
import LungfoldStudy
import Testing

struct LauncherTests {
    @Test(arguments: [
        (["PMI_SIZE": "4"], 1), (["SLURM_STEP_NUM_TASKS": "2", "PMI_RANK": "0"], 1),
    ])
    func theProcessesOfAnotherLauncherAreRefused(environment: [String: String], size: Int) {
        #expect {
            try Launcher(environment: environment).check(size: size)
        } throws: { error in
            let error = error as? LungfoldError
            return error?.kind == .usage
                && environment.keys.contains { error!.subject.contains($0) }
                && error!.remedy.contains("mpirun")
        }
    }

    @Test(arguments: [
        ([:], 1), (["PMI_SIZE": "1"], 1), (["PMI_SIZE": "four"], 1), (["PMI_SIZE": "4"], 4),
        (["SLURM_STEP_NUM_TASKS": "4", "OMPI_COMM_WORLD_SIZE": "1"], 1),
    ])
    func anHonestStartIsNot(environment: [String: String], size: Int) throws {
        try Launcher(environment: environment).check(size: size)
        try Launcher(environment: environment).checkBeforeStart()
    }

    @Test func aSlurmStepWithoutPMIIsRefusedBeforeMPIAborts() throws {
        let step = ["SLURM_STEPID": "0"]
        #expect(throws: LungfoldError.self) { try Launcher(environment: step).checkBeforeStart() }
        let pmix = step.merging(["PMIX_RANK": "0"]) { $1 }
        try Launcher(environment: pmix).checkBeforeStart()
    }
}

struct PlacementTests {
    private func place(_ ranks: [(String, UInt8)], rank: Int, sharing: Int, cores: Int) -> Placement
    {
        Placement(
            records: ranks.map { .init(host: $0.0, affinity: [$0.1, 0]) }, rank: rank,
            sharing: sharing, hostCores: cores)
    }

    @Test func unboundRanksDivideTheirHost() {
        let ranks: [(String, UInt8)] = [("a", 0xff), ("a", 0xff), ("b", 0xff)]
        let first = place(ranks, rank: 0, sharing: 2, cores: 8)
        #expect(first.ranksOnHost == 2 && first.boundCores == 8 && first.coresPerRank == 4)
        #expect(!first.isStarved && first.notices.isEmpty && first.hosts == ["a", "a", "b"])
        #expect(place(ranks, rank: 2, sharing: 1, cores: 8).coresPerRank == 8)
    }

    @Test func boundRanksKeepTheirOwn() {
        let bound = place([("a", 0x0f), ("a", 0xf0)], rank: 1, sharing: 2, cores: 8)
        #expect(bound.coresPerRank == 4 && !bound.isStarved)
        let starved = place([("a", 1), ("a", 2)], rank: 1, sharing: 2, cores: 8)
        #expect(starved.coresPerRank == 1 && starved.isStarved)
    }

    @Test func moreRanksThanCoresGetOneEach() {
        let crowd = place(Array(repeating: ("a", 3), count: 5), rank: 4, sharing: 5, cores: 2)
        #expect(crowd.coresPerRank == 1 && !crowd.isStarved)
    }

    @Test func anUnknownAffinityMeansTheWholeHost() {
        let unknown = place([("a", 0), ("a", 0)], rank: 0, sharing: 2, cores: 8)
        #expect(unknown.boundCores == 8 && unknown.coresPerRank == 4)
    }

    @Test func hostNamesThatLieAreNoticed() {
        let odd = place([("localhost", 3), ("localhost", 3)], rank: 0, sharing: 1, cores: 2)
        #expect(odd.ranksOnHost == 2 && odd.notices.count == 1)
    }
}
