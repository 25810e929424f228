// swift-tools-version: 6.0
import PackageDescription

/// Optimised in debug builds too: a convolution at -O0 takes minutes where it should take milliseconds.
let kernelSettings: [CSetting] = [
    .unsafeFlags(["-O3", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi", "-Wno-pass-failed"])
]

let package = Package(
    name: "lungfold",
    products: [.executable(name: "lungfold", targets: ["lungfold"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        // MARK: System libraries
        .systemLibrary(
            name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CNIfTI", providers: [.apt(["libnifti-dev"])]),
        .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
        .systemLibrary(
            name: "CMPI", pkgConfig: "mpi-c ompi-c", providers: [.apt(["libopenmpi-dev"])]),

        // MARK: C shims and kernels
        .target(name: "CLungfoldMPI", dependencies: ["CMPI"]),
        .target(
            name: "CLungfoldImaging", dependencies: ["CNIfTI", "CPNG"],
            cSettings: [.headerSearchPath("../CNIfTI")],
            linkerSettings: [.linkedLibrary("nifti2"), .linkedLibrary("z")]),
        .target(name: "CLungfoldKernels", dependencies: ["COpenBLAS"], cSettings: kernelSettings),

        // MARK: The domain and the engine
        .target(name: "LungfoldStudy"),
        .target(name: "LungfoldEngine", dependencies: ["CLungfoldKernels"]),
        .target(name: "LungfoldImaging", dependencies: ["LungfoldStudy", "CLungfoldImaging"]),
        .target(
            name: "LungfoldTraining",
            dependencies: ["LungfoldStudy", "LungfoldEngine", "LungfoldImaging"]),
        .target(name: "LungfoldCluster", dependencies: ["LungfoldStudy", "CLungfoldMPI"]),
        .target(
            name: "LungfoldReport",
            dependencies: [
                "LungfoldStudy", "LungfoldImaging",
                .product(name: "Mustache", package: "swift-mustache"),
            ]),
        .target(
            name: "LungfoldRun",
            dependencies: [
                "LungfoldStudy", "LungfoldEngine", "LungfoldImaging", "LungfoldTraining",
                "LungfoldCluster", "LungfoldReport", "Yams",
                .product(name: "Logging", package: "swift-log"),
            ]),

        // MARK: The program
        .executableTarget(
            name: "lungfold",
            dependencies: [
                "LungfoldRun", "LungfoldStudy", "LungfoldImaging",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // MARK: Tests
        .testTarget(name: "StudyTests", dependencies: ["LungfoldStudy"]),
        .testTarget(
            name: "EngineTests", dependencies: ["LungfoldEngine", "CLungfoldKernels"],
            resources: [.copy("Fixtures")],
            // Definitions loop by loop: without optimisation they take minutes.
            swiftSettings: [.unsafeFlags(["-O"])]),
        .testTarget(
            name: "ImagingTests",
            dependencies: ["LungfoldImaging", "LungfoldStudy", "CLungfoldImaging"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: [
                "LungfoldTraining", "LungfoldStudy", "LungfoldEngine", "LungfoldImaging",
            ]),
        .executableTarget(
            name: "ClusterProbe", dependencies: ["LungfoldCluster", "LungfoldStudy"],
            path: "Tests/ClusterProbe"),
        .testTarget(
            name: "ClusterTests",
            dependencies: ["LungfoldCluster", "LungfoldStudy", "ClusterProbe"]),
        .testTarget(
            name: "ReportTests", dependencies: ["LungfoldReport", "LungfoldStudy"],
            exclude: ["Snapshots"]),
        .testTarget(
            name: "ProgramTests",
            dependencies: [
                "LungfoldRun", "LungfoldReport", "LungfoldCluster", "LungfoldStudy",
                "LungfoldImaging", "lungfold",
            ]),
    ]
)

// scripts/fuzz builds this apart, with libFuzzer and its instrumentation.
if Context.environment["LUNGFOLD_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "lungfold-fuzz",
            dependencies: [
                "LungfoldStudy", "LungfoldEngine", "LungfoldImaging", "LungfoldTraining",
                "LungfoldReport", "LungfoldRun",
            ],
            path: "Tests/Fuzz", swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
}
