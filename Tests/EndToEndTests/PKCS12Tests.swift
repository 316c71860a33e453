import Crypto
import Foundation
import KithModel
import KithPKCS12
import KithTrust
import Testing

/// `.p12` files, read back by the `openssl` program.
@Suite struct PKCS12Tests {
    private let workspace: Workspace
    private let root: RootCertificate
    private let issued: (certificate: ClientCertificate, privateKey: P256.Signing.PrivateKey)
    private let passphrase = "Höhe über vier Wörter"

    init() throws {
        workspace = try Workspace()
        let key = SiteKey()
        let now = Instant(Date())
        root = try key.rootCertificate(now: now)
        issued = try LeafIssuer(key: key, root: root).issueClient(account: "jdoe", now: now)
    }

    private func archive(_ passphrase: String? = nil) throws(PKCS12Error) -> PKCS12Archive {
        try PKCS12Archive(
            certificate: issued.certificate.der,
            privateKey: Array(issued.privateKey.derRepresentation), chain: [root.der],
            name: "J Doe at Elm House", passphrase: passphrase ?? self.passphrase)
    }

    private func openssl(_ arguments: String...) throws -> Finished {
        try Program.run("/usr/bin/openssl", arguments)
    }

    @Test func `another program reads the certificate, its key and the chain`() throws {
        let file = workspace.path + "/jdoe.p12"
        try Data(try archive().bytes).write(to: URL(fileURLWithPath: file))
        let words = try workspace.file("words", passphrase + "\n")
        let read = try openssl(
            "pkcs12", "-in", file, "-passin", "file:\(words)", "-nodes", "-info")
        #expect(read.status == 0, "\(read.errors)")
        // What protects it, as openssl names it.
        #expect(read.errors.contains("MAC: sha256, Iteration 100000"), "\(read.errors)")
        let bags = read.errors.split(separator: "\n").filter { $0.contains("PBES2") }
        #expect(bags.count == 2)
        for bag in bags {
            #expect(
                bag.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256"))
        }
        #expect(read.output.contains("friendlyName: J Doe at Elm House"))
        let certificates = read.output.components(separatedBy: "BEGIN CERTIFICATE").count - 1
        #expect(certificates == 2)
        // The first is the person's, with the key that was made for it.
        let whole = try workspace.file("whole.pem", read.output)
        let der = workspace.path + "/leaf.der"
        #expect(try openssl("x509", "-in", whole, "-outform", "DER", "-out", der).status == 0)
        #expect(try Array(Data(contentsOf: URL(fileURLWithPath: der))) == issued.certificate.der)
        let publicKeys = [
            try openssl("x509", "-in", whole, "-pubkey", "-noout").output,
            try openssl("pkey", "-in", whole, "-pubout").output,
            issued.privateKey.publicKey.pemRepresentation + "\n",
        ]
        #expect(Set(publicKeys).count == 1)
    }

    @Test func `a wrong passphrase opens nothing`() throws {
        let file = workspace.path + "/jdoe.p12"
        try Data(try archive().bytes).write(to: URL(fileURLWithPath: file))
        for wrong in ["wrong", "", "Hohe uber vier Worter"] {
            let words = try workspace.file("wrong", wrong + "\n")
            let read = try openssl("pkcs12", "-in", file, "-passin", "file:\(words)", "-nodes")
            #expect(read.status != 0 && !read.output.contains("PRIVATE KEY"), "\(wrong)")
        }
    }

    @Test func `two archives are never alike, and none shows the key`() throws {
        let (one, other) = (try archive().bytes, try archive().bytes)
        #expect(one != other)
        let secret = Data(issued.privateKey.rawRepresentation)
        #expect(Data(one).range(of: secret) == nil && Data(other).range(of: secret) == nil)
    }

    @Test func `what does not belong together makes no archive`() throws {
        let (der, key) = (
            issued.certificate.der, Array(issued.privateKey.derRepresentation)
        )
        func problem(
            _ certificate: [UInt8], _ key: [UInt8], _ chain: [[UInt8]] = [],
            _ name: String = "n", _ passphrase: String = "p"
        ) -> PKCS12Error? {
            do throws(PKCS12Error) {
                _ = try PKCS12Archive(
                    certificate: certificate, privateKey: key, chain: chain, name: name,
                    passphrase: passphrase)
                return nil
            } catch {
                return error
            }
        }
        #expect(problem(der, key) == nil)
        let other = Array(P256.Signing.PrivateKey().derRepresentation)
        #expect(problem(der, other) == .mismatch)
        #expect(problem(der + [0], key) == .certificate && problem([], key) == .certificate)
        #expect(problem(Array(der.dropLast()), key) == .certificate)
        #expect(problem(der, key, [[1, 2, 3]]) == .certificate)
        #expect(problem(der, key + [0]) == .key && problem(der, []) == .key)
        #expect(problem(der, key, [], "n", "") == .passphrase)
        #expect(problem(der, key, [], "n", "a\u{0}b") == .passphrase)
        #expect(problem(der, key, [], "a\u{0}b") == .passphrase)
    }
}
