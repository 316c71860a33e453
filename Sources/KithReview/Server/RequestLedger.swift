import KithModel
import Synchronization

/// How many requests each address makes: a bucket that fills again, so that a person never notices.
final class RequestLedger: Sendable {
    private struct Bucket {
        var tokens: Double
        var time: Int64
    }

    private let buckets = Mutex<[String: Bucket]>([:])

    /// Whether an address may make one more request.
    func admits(_ address: String, at now: Instant) -> Bool {
        buckets.withLock { buckets in
            if buckets.count >= ReviewLimits.addresses, buckets[address] == nil {
                buckets = buckets.filter { $0.value.tokens < ReviewLimits.burst / 2 }
                if buckets.count >= ReviewLimits.addresses { buckets = [:] }
            }
            var bucket =
                buckets[address] ?? Bucket(tokens: ReviewLimits.burst, time: now.milliseconds)
            let passed = Double(max(0, now.milliseconds - bucket.time)) / 1000
            bucket.tokens = min(ReviewLimits.burst, bucket.tokens + passed * ReviewLimits.rate)
            bucket.time = now.milliseconds
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            buckets[address] = bucket
            return isAdmitted
        }
    }
}

/// Forms that were carried out, and where their browser was sent then: what is sent twice is done once.
final class Submissions: Sendable {
    private struct State {
        var places: [String: String?] = [:]
        var order: [String] = []
    }

    /// What is known of a form.
    enum Known {
        /// Nothing: it may be carried out now.
        case new
        /// It is being carried out.
        case running
        /// It was, and its browser was sent there.
        case done(String)
    }

    private let state = Mutex(State())

    /// Begins to carry a form out.
    func begin(_ key: String) -> Known {
        state.withLock { state in
            if let place = state.places[key] { return place.map(Known.done) ?? .running }
            state.places[key] = .some(nil)
            state.order.append(key)
            if state.order.count > ReviewLimits.submissions {
                state.places[state.order.removeFirst()] = nil
            }
            return .new
        }
    }

    /// What is known of a form, without beginning to carry it out.
    func known(_ key: String) -> Known {
        state.withLock { state in
            guard let place = state.places[key] else { return .new }
            return place.map(Known.done) ?? .running
        }
    }

    /// A form was carried out.
    func end(_ key: String, at place: String) {
        state.withLock { state in
            if state.places[key] != nil { state.places[key] = .some(place) }
        }
    }

    /// A form could not be carried out: it may be sent again.
    func fail(_ key: String) {
        state.withLock { state in
            state.places[key] = nil
            state.order.removeAll { $0 == key }
        }
    }
}

/// Whose sessions went on under another token lately. The old one opens nothing; it tells only that a form
/// which was sent twice, the second time before the browser had the new one, was done.
final class RenewedTokens: Sendable {
    private struct State {
        var logins: [String: String] = [:]
        var order: [String] = []
    }

    private let state = Mutex(State())

    /// A session is about to go on under another token.
    func note(_ token: String, of login: String) {
        state.withLock { state in
            if state.logins.updateValue(login, forKey: token) == nil { state.order.append(token) }
            if state.order.count > ReviewLimits.submissions {
                state.logins[state.order.removeFirst()] = nil
            }
        }
    }

    /// Whose session it was.
    func login(of token: String) -> String? { state.withLock { $0.logins[token] } }
}
