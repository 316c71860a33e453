import Foundation
import Testing

@Suite struct DependencyTests {
    /// What each module may import of ours; arrows point down only.
    private static let allowed: [String: Set<String>] = [
        "CBareSQLite": [],
        "CSQLiteSetup": [],
        "CFaultyDisk": [],
        "CSimulatedDisk": [],
        "COpenSSL": [],
        "CZlib": [],
        "CQREncode": [],
        "KithPKCS12": [],
        "KithModel": [],
        "KithProtocol": ["CZlib", "KithModel"],
        "KithTrust": ["KithModel", "KithProtocol"],
        "KithStore": ["CSQLiteSetup", "KithModel", "KithProtocol", "KithTrust"],
        "KithSync": ["KithModel", "KithProtocol", "KithTrust"],
        "KithTransport": ["KithModel", "KithProtocol", "KithTrust", "KithSync"],
        "KithSite": [
            "KithModel", "KithPKCS12", "KithProtocol", "KithTrust", "KithStore", "KithSync",
            "KithTransport",
        ],
        "KithReview": ["KithModel", "KithSite"],
        "KithControl": ["KithModel", "KithSite"],
        "KithExchange": ["KithModel", "KithSite"],
        "KithCommands": ["KithModel", "KithSite"],
        "KithDaemon": ["KithModel", "KithSite", "KithControl", "KithSync"],
        "KithSimulator": [
            "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithSync", "KithSite",
        ],
        "KithDisk": ["KithModel", "KithProtocol", "KithSite", "KithSimulator"],
        "KithSample": [
            "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithSite", "KithSimulator",
        ],
        "KithBench": [
            "CBareSQLite", "KithModel", "KithProtocol", "KithTrust", "KithStore", "KithSample",
            "KithSite", "KithControl",
        ],
        "kith-bench": ["KithBench", "KithModel", "KithReview", "KithSample", "KithSite"],
        "kith-sim": ["KithModel", "KithSite", "KithSimulator", "KithDisk"],
        "kith": ["KithModel", "KithSite", "KithControl", "KithExchange", "KithCommands"],
        "kithd": ["KithModel", "KithSite", "KithDaemon", "KithReview"],
    ]

    @Test func `modules import only what lies below them`() throws {
        var sources = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { sources.deleteLastPathComponent() }
        sources.appendPathComponent("Sources")
        let modules = try FileManager.default.contentsOfDirectory(atPath: sources.path)
        #expect(Set(modules) == Set(Self.allowed.keys), "every module has its arrows here")
        var files = 0
        for module in modules {
            let folder = sources.appendingPathComponent(module)
            for case let name as String in FileManager.default.enumerator(atPath: folder.path)
                ?? .init()
            where name.hasSuffix(".swift") {
                files += 1
                let text = try String(
                    contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
                for line in text.split(separator: "\n") {
                    let words = line.split(separator: " ").map(String.init)
                    guard let keyword = words.firstIndex(of: "import"), keyword <= 1,
                        words.count > keyword + 1
                    else { continue }
                    let imported = words[words.count - 1].split(separator: ".")[0]
                    guard imported.hasPrefix("Kith") else { continue }
                    #expect(
                        Self.allowed[module]?.contains(String(imported)) == true,
                        "\(module)/\(name) imports \(imported)")
                }
            }
        }
        #expect(files > 100)
    }
}
