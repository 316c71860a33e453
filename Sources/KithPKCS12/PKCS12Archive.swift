import COpenSSL

/// A certificate with its private key under a passphrase, as browsers and systems import it.
///
/// **Source:** RFC 7292, with PBES2 of RFC 8018: AES-256-CBC under PBKDF2 with HMAC-SHA-256, and a
/// MAC with SHA-256; nothing of the older ciphers. Written by the system's OpenSSL, because no Swift
/// package writes PKCS#12.
public struct PKCS12Archive: Sendable {
    /// Rounds of each of the three key derivations. Windows takes 600,000 in all.
    static let rounds: Int32 = 100_000

    /// The `.p12` file's bytes.
    public let bytes: [UInt8]

    /// Puts a certificate and its key together.
    ///
    /// - Parameters:
    ///   - certificate: X.509 in DER.
    ///   - privateKey: its key, PKCS #8 in DER.
    ///   - chain: the certificates above it, X.509 in DER; may be empty.
    ///   - name: what people see in their list of certificates.
    ///   - passphrase: what they type when they import it; not empty.
    /// - Throws: ``PKCS12Error``.
    public init(
        certificate: [UInt8], privateKey: [UInt8], chain: [[UInt8]], name: String,
        passphrase: String
    ) throws(PKCS12Error) {
        // A zero would cut the text off, and with it the protection.
        guard !passphrase.isEmpty, !passphrase.utf8.contains(0), !name.utf8.contains(0) else {
            throw .passphrase
        }
        // What other code left in the thread's queue of errors is not ours.
        defer { ERR_clear_error() }
        guard let leaf = Self.certificate(certificate) else { throw .certificate }
        defer { X509_free(leaf) }
        guard let key = Self.key(privateKey) else { throw .key }
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(leaf, key) == 1 else { throw .mismatch }
        guard let above = kith_certificates_new() else { throw .writing }
        defer { kith_certificates_free(above) }
        for der in chain {
            guard let certificate = Self.certificate(der) else { throw .certificate }
            guard kith_certificates_push(above, certificate) > 0 else {
                X509_free(certificate)
                throw .writing
            }
        }
        guard
            let archive = PKCS12_create(
                passphrase, name, key, leaf, above, NID_aes_256_cbc, NID_aes_256_cbc, Self.rounds,
                Self.rounds, 0)
        else { throw .writing }
        defer { PKCS12_free(archive) }
        let count = i2d_PKCS12(archive, nil)
        guard count > 0 else { throw .writing }
        var bytes = [UInt8](repeating: 0, count: Int(count))
        let written = bytes.withUnsafeMutableBufferPointer { buffer in
            // OpenSSL moves the pointer it is given to the end.
            var end = buffer.baseAddress
            return i2d_PKCS12(archive, &end)
        }
        guard written == count else { throw .writing }
        self.bytes = bytes
    }

    private static func certificate(_ der: [UInt8]) -> OpaquePointer? {
        whole(der) {
            d2i_X509(nil, $0, $1)
        } free: {
            X509_free($0)
        }
    }

    private static func key(_ der: [UInt8]) -> OpaquePointer? {
        whole(der) {
            d2i_AutoPrivateKey(nil, $0, $1)
        } free: {
            EVP_PKEY_free($0)
        }
    }

    /// Parses all of some bytes; what leaves a rest is nothing of that kind.
    private static func whole(
        _ der: [UInt8],
        _ parse: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?,
        free: (OpaquePointer) -> Void
    ) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var end: UnsafePointer<UInt8>? = start
            guard let parsed = parse(&end, buffer.count) else { return nil }
            guard end == start + buffer.count else {
                free(parsed)
                return nil
            }
            return parsed
        }
    }
}

/// Why no archive was made; the message says what to do.
public enum PKCS12Error: Error, Sendable, Hashable, CustomStringConvertible {
    /// The passphrase is empty, or it or the name holds a zero.
    case passphrase
    /// A certificate is not X.509 in DER.
    case certificate
    /// The key is not a private key in DER.
    case key
    /// The key is not the certificate's.
    case mismatch
    /// OpenSSL could not write it.
    case writing

    /// One line.
    public var description: String {
        switch self {
        case .passphrase: "A .p12 file needs a passphrase of ordinary characters; choose one."
        case .certificate: "A certificate for the .p12 file is damaged; issue a new one."
        case .key: "The key for the .p12 file is damaged; issue a new certificate."
        case .mismatch: "The key is not the certificate's; issue a new certificate."
        case .writing: "The .p12 file could not be made; run \"kith doctor\" and try again."
        }
    }
}
