internal import Configuration
internal import KithSite

/// Looks values up in flags, environment and file, in this order, and says where a bad one stands.
struct ConfigurationReader {
    private enum Place {
        case flag, variable, file

        func name(of key: String) -> String {
            switch self {
            case .flag: "--" + key.replacing(".", with: "-")
            case .variable: "KITH_" + key.replacing(".", with: "_").uppercased()
            case .file: ConfigurationFile.name
            }
        }
    }

    private var sources: [(place: Place, values: any ConfigProvider)]

    /// Gathers the sources; `flags` are values by key.
    init(flags: [String: String], environment: [String: String], file: (any ConfigProvider)?) {
        let given = flags.map { key, text in
            (Self.path(key), ConfigValue(.string(text), isSecret: false))
        }
        // A variable that is set to nothing is how people unset one in unit files.
        let variables = environment.filter { !$0.value.isEmpty }
        sources = [
            (.flag, InMemoryProvider(values: Dictionary(uniqueKeysWithValues: given))),
            (
                .variable,
                EnvironmentVariablesProvider(environmentVariables: variables)
                    .prefixKeys(with: "kith")
            ),
        ]
        if let file { sources.append((.file, file)) }
    }

    /// The value of a key from the first source that has one, else the default.
    ///
    /// Everything is read as text and parsed here, because YAML takes an unquoted `22:30` for a
    /// number in base 60. `wanted` completes the sentence "it … ". Errors: `SiteError`.
    func value<Value>(
        _ key: String, default fallback: String, wanted: String, parse: (String) -> Value?
    ) throws -> Value {
        for (place, values) in sources {
            let found: ConfigValue?
            do {
                found = try values.value(forKey: Self.path(key), type: .string).value
            } catch {
                throw SiteError(
                    .invalid, "\(key) (\(place.name(of: key))): it \(wanted), not a list")
            }
            guard case .string(let text) = found?.content else { continue }
            guard let value = parse(text) else {
                throw SiteError(
                    .invalid, "\(key) (\(place.name(of: key))): it \(wanted), not \"\(text)\"")
            }
            return value
        }
        guard let value = parse(fallback) else {
            preconditionFailure("the default of \(key) does not parse")
        }
        return value
    }

    private static func path(_ key: String) -> AbsoluteConfigKey {
        AbsoluteConfigKey(key.split(separator: ".").map(String.init))
    }
}
