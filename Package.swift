// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let crypto: Self = .product(name: "Crypto", package: "swift-crypto")
    static let cryptoExtras: Self = .product(name: "CryptoExtras", package: "swift-crypto")
    static let x509: Self = .product(name: "X509", package: "swift-certificates")
    static let asn1: Self = .product(name: "SwiftASN1", package: "swift-asn1")
    static let protobuf: Self = .product(name: "SwiftProtobuf", package: "swift-protobuf")
    static let grdb: Self = .product(name: "GRDB", package: "GRDB.swift")
    static let sqlite: Self = .product(name: "GRDBSQLite", package: "GRDB.swift")
    static let grpc: Self = .product(name: "GRPCCore", package: "grpc-swift-2")
    static let grpcProtobuf: Self = .product(name: "GRPCProtobuf", package: "grpc-swift-protobuf")
    static let grpcTransport: Self = .product(
        name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport")
    static let nio: Self = .product(name: "NIOCore", package: "swift-nio")
    static let nioPosix: Self = .product(name: "NIOPosix", package: "swift-nio")
    static let nioSSL: Self = .product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioEmbedded: Self = .product(name: "NIOEmbedded", package: "swift-nio")
    static let nioTLS: Self = .product(name: "NIOTLS", package: "swift-nio")
    static let nioHPACK: Self = .product(name: "NIOHPACK", package: "swift-nio-http2")
    static let nioHTTP2: Self = .product(name: "NIOHTTP2", package: "swift-nio-http2")
    static let argumentParser: Self = .product(
        name: "ArgumentParser", package: "swift-argument-parser")
    static let configuration: Self = .product(
        name: "Configuration", package: "swift-configuration")
    static let logging: Self = .product(name: "Logging", package: "swift-log")
    static let lifecycle: Self = .product(
        name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals: Self = .product(
        name: "UnixSignals", package: "swift-service-lifecycle")
    static let hummingbird: Self = .product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore: Self = .product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTLS: Self = .product(name: "HummingbirdTLS", package: "hummingbird")
    static let mustache: Self = .product(name: "Mustache", package: "swift-mustache")
    static let httpTypes: Self = .product(name: "HTTPTypes", package: "swift-http-types")
    static let systemPackage: Self = .product(name: "SystemPackage", package: "swift-system")
}

let package = Package(
    name: "kith",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "kith", targets: ["kith"]),
        .executable(name: "kithd", targets: ["kithd"]),
        .executable(name: "kith-sim", targets: ["kith-sim"]),
        .executable(name: "kith-bench", targets: ["kith-bench"]),
        // Preloaded into the other programs, never linked: what it does is in its header.
        .library(name: "kith-faulty-disk", type: .dynamic, targets: ["CFaultyDisk"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/grpc/grpc-swift-2", from: "2.4.3"),
        .package(url: "https://github.com/grpc/grpc-swift-nio-transport", from: "2.9.2"),
        .package(url: "https://github.com/grpc/grpc-swift-protobuf", from: "2.4.1"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(
            url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(
            name: "CQREncode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        .systemLibrary(
            name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CSQLiteSetup", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(name: "KithPKCS12", dependencies: ["COpenSSL"], swiftSettings: strict),
        .target(
            name: "KithModel", dependencies: [.crypto], resources: [.embedInCode("Data")],
            swiftSettings: strict),
        .target(
            name: "KithProtocol", dependencies: ["CZlib", "KithModel", .protobuf, .crypto],
            swiftSettings: strict),
        .target(
            name: "KithTrust",
            dependencies: [
                "KithModel", "KithProtocol", .x509, .asn1, .crypto, .cryptoExtras, .protobuf,
            ],
            resources: [.embedInCode("Data")], swiftSettings: strict),
        .target(
            name: "KithStore",
            dependencies: [
                "CSQLiteSetup", "KithModel", "KithProtocol", "KithTrust", .grdb, .sqlite, .crypto,
            ],
            resources: [.embedInCode("Schema")],
            swiftSettings: strict),
        .target(
            name: "KithSync",
            dependencies: ["KithModel", "KithProtocol", "KithTrust", .crypto, .protobuf],
            swiftSettings: strict),
        .target(
            name: "KithTransport",
            dependencies: [
                "KithModel", "KithProtocol", "KithSync", "KithTrust", .grpc, .grpcProtobuf,
                .grpcTransport, .nio, .nioPosix, .nioSSL, .nioTLS, .nioHTTP2, .nioHPACK, .x509,
                .asn1, .crypto, .protobuf, .logging,
            ],
            swiftSettings: strict),
        .target(
            name: "KithSite",
            dependencies: [
                "KithModel", "KithPKCS12", "KithProtocol", "KithTrust", "KithStore", "KithSync",
                "KithTransport", .nioPosix, .protobuf, .logging,
            ],
            swiftSettings: strict),
        .target(
            name: "KithControl",
            dependencies: [
                "KithModel", "KithSite", .grpc, .grpcProtobuf, .grpcTransport, .protobuf, .nio,
                .nioPosix, .logging,
            ],
            swiftSettings: strict),
        .target(
            name: "KithReview",
            dependencies: [
                "KithModel", "KithSite", .hummingbird, .hummingbirdCore, .hummingbirdTLS,
                .mustache, .httpTypes, .nio, .nioPosix, .nioSSL, .logging, .crypto,
            ],
            resources: [.embedInCode("Templates"), .embedInCode("Assets")],
            swiftSettings: strict),
        .target(
            name: "KithExchange", dependencies: ["KithModel", "KithSite"], swiftSettings: strict),
        .target(
            name: "KithCommands",
            dependencies: ["CQREncode", "KithModel", "KithSite", .argumentParser],
            swiftSettings: strict),
        .executableTarget(
            name: "kith",
            dependencies: [
                "KithCommands", "KithModel", "KithSite", "KithControl", "KithExchange",
            ],
            swiftSettings: strict),
        .target(
            name: "KithDaemon",
            dependencies: [
                "KithModel", "KithSite", "KithControl", "KithSync", .argumentParser,
                .configuration, .lifecycle, .unixSignals, .logging, .systemPackage, .hummingbird,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "kithd",
            dependencies: ["KithModel", "KithSite", "KithDaemon", "KithReview", .logging],
            swiftSettings: strict),
        .target(
            name: "KithSimulator",
            dependencies: [
                "CSimulatedDisk", "KithModel", "KithProtocol", "KithTrust", "KithStore",
                "KithSync", "KithSite", .grdb, .crypto, .protobuf,
            ],
            resources: [.embedInCode("Data")], swiftSettings: strict),
        .target(name: "CFaultyDisk"),
        .target(name: "CSimulatedDisk", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "KithDisk",
            dependencies: [
                "KithModel", "KithProtocol", "KithSite", "KithSimulator", .grdb, .protobuf,
            ],
            swiftSettings: strict),
        .target(
            name: "KithSample",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithSite",
                "KithSimulator",
            ],
            resources: [.embedInCode("Data")], swiftSettings: strict),
        .target(name: "CBareSQLite", linkerSettings: [.linkedLibrary("sqlite3")]),
        .target(
            name: "KithBench",
            dependencies: [
                "CBareSQLite", "KithModel", "KithProtocol", "KithStore", "KithSample", "KithSite",
                "KithControl", "KithTrust", .logging, .nio, .nioPosix, .nioSSL,
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "kith-bench",
            dependencies: [
                "KithBench", "KithModel", "KithReview", "KithSample", "KithSite", .argumentParser,
                .logging,
            ],
            swiftSettings: strict),
        .testTarget(name: "KithBenchTests", dependencies: ["KithBench"], swiftSettings: strict),
        .testTarget(
            name: "KithSampleTests", dependencies: ["KithModel", "KithSample", "KithSite"],
            swiftSettings: strict),
        .executableTarget(
            name: "kith-sim",
            dependencies: ["KithModel", "KithSite", "KithSimulator", "KithDisk", .argumentParser],
            swiftSettings: strict),
        .target(
            name: "KithTestSupport", dependencies: ["KithModel", "KithProtocol"],
            path: "Tests/KithTestSupport", swiftSettings: strict),
        .testTarget(
            name: "KithProtocolTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithTestSupport", .crypto, .protobuf,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithTrustTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithTestSupport", .x509, .asn1, .crypto,
                .protobuf,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithStoreTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithTestSupport", .grdb,
                .crypto,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithTransportTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithTransport", .nio, .nioPosix,
                .logging, .crypto, .protobuf,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithSyncTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithSync", "KithTestSupport", .protobuf,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithSiteTests",
            dependencies: [
                "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithTransport",
                "KithSite", "KithCommands", .protobuf, .grdb, .logging, .crypto,
                .nio, .nioPosix,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithControlTests",
            dependencies: ["KithModel", "KithSite", "KithControl", .grpc, .logging],
            swiftSettings: strict),
        .testTarget(
            name: "KithReviewTests",
            dependencies: [
                "KithReview", "KithModel", "KithProtocol", "KithSite", "KithStore", "KithTrust",
                .grdb, .mustache, .httpTypes,
                .nio, .nioPosix, .nioSSL, .nioEmbedded, .logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithExchangeTests", dependencies: ["KithExchange", "KithModel", "KithSite"],
            exclude: [
                "Support/check_fhir.py", "Support/read_calendar.py", "Support/read_vcard.py",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithCommandsTests", dependencies: ["KithCommands", "KithModel", "KithSite"],
            swiftSettings: strict),
        .testTarget(
            name: "KithDaemonTests",
            dependencies: [
                "KithModel", "KithSite", "KithControl", "KithSync", "KithDaemon", .logging,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "kith", "kithd", "KithModel", "KithProtocol", "KithTrust", "KithTransport",
                "KithPKCS12", .crypto, .protobuf, .nio, .nioPosix, .nioSSL,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithSimulatorTests",
            dependencies: [
                "KithSimulator", "KithModel", "KithProtocol", "KithTrust", "KithStore", .crypto,
                .grdb,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "KithDiskTests", dependencies: ["KithDisk", "kith", "kithd"],
            swiftSettings: strict),
        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(
            name: "KithModelTests", dependencies: ["KithModel", "KithTestSupport"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
