internal import KithModel
internal import KithSite

/// How a site stands, in the text format that Prometheus reads (version 0.0.4). Nothing of a person is in
/// it, and of partners only the beginning of their ids.
///
/// Source: Prometheus, "Exposition formats".
struct MetricsPage {
    private var lines: [String] = []

    init(_ status: StatusView, _ tally: SessionTally, at now: Instant) {
        gauge("kith_log_entries", "Entries in the log.", status.entries)
        gauge("kith_entries_damaged", "Entries that are damaged here.", status.entriesDamaged)
        gauge("kith_entries_set_aside", "Entries without effect.", status.entriesSetAside)
        gauge("kith_parts_waiting", "Parts that cannot be read yet.", status.partsWaiting)
        gauge("kith_database_bytes", "Bytes of the database.", status.diskBytes)
        gauge("kith_disk_free_bytes", "Bytes free where the database is.", status.diskFreeBytes)
        gauge(
            "kith_certificate_seconds", "Seconds until the site's TLS certificate ends.",
            seconds(from: now, to: status.certificateEnds))
        conflicts(status, at: now)
        peers(status, at: now)
        sessions(tally)
        batches(tally)
    }

    /// The page.
    var text: String { lines.joined(separator: "\n") + "\n" }

    private mutating func conflicts(_ status: StatusView, at now: Instant) {
        head("kith_conflicts_open", "Open conflicts.", "gauge")
        sample(
            "kith_conflicts_open", ["severity": "safety-critical"], status.safetyCriticalConflicts)
        sample("kith_conflicts_open", ["severity": "routine"], status.routineConflicts)
        head("kith_conflict_oldest_seconds", "Age of the oldest open conflict.", "gauge")
        for (severity, oldest) in [
            ("safety-critical", status.oldestConflict), ("routine", status.oldestRoutineConflict),
        ] {
            let age = oldest.map { max(0, seconds(from: $0, to: now)) } ?? 0
            sample("kith_conflict_oldest_seconds", ["severity": severity], age)
        }
        gauge("kith_conflicts_overdue", "Conflicts past their due day.", status.overdueConflicts)
        gauge("kith_conflicts_unowned", "Conflicts without an owner.", status.unownedConflicts)
    }

    private mutating func peers(_ status: StatusView, at now: Instant) {
        head("kith_peer_equal_seconds", "Since both sides proved to hold the same.", "gauge")
        for peer in status.peers {
            guard let equal = peer.lastEqual else { continue }
            sample(
                "kith_peer_equal_seconds", ["peer": peer.site.short],
                max(0, seconds(from: equal, to: now)))
        }
        head("kith_peer_never_equal", "1 for a peer that was never equal.", "gauge")
        for peer in status.peers {
            sample(
                "kith_peer_never_equal", ["peer": peer.site.short], peer.lastEqual == nil ? 1 : 0)
        }
        head("kith_peer_entries", "Entries that one side has not proved to hold.", "gauge")
        head("kith_peer_bytes", "About how many bytes those take.", "gauge")
        for peer in status.peers {
            let label = peer.site.short
            for (direction, entries, bytes) in [
                (
                    "send", peer.lags.reduce(0) { $0 + $1.entriesToSend },
                    peer.lags.reduce(0) { $0 + $1.bytesToSend }
                ),
                (
                    "receive", peer.lags.reduce(0) { $0 + $1.entriesToReceive },
                    peer.lags.reduce(0) { $0 + $1.bytesToReceive }
                ),
            ] {
                sample("kith_peer_entries", ["peer": label, "direction": direction], entries)
                sample("kith_peer_bytes", ["peer": label, "direction": direction], bytes)
            }
        }
    }

    private mutating func sessions(_ tally: SessionTally) {
        head("kith_nights_total", "Nights that were begun since the start.", "counter")
        sample("kith_nights_total", [:], tally.nights)
        head("kith_sessions_total", "Sessions since the start, by who began them.", "counter")
        for (begun, outcomes) in [("here", tally.dialled), ("there", tally.answered)] {
            sample("kith_sessions_total", ["begun": begun, "outcome": "equal"], outcomes.equal)
            sample("kith_sessions_total", ["begun": begun, "outcome": "failed"], outcomes.failed)
        }
        head("kith_session_entries_total", "Entries that they moved.", "counter")
        sample("kith_session_entries_total", ["direction": "sent"], tally.entriesSent)
        sample("kith_session_entries_total", ["direction": "received"], tally.entriesReceived)
        head("kith_session_bytes_total", "Bytes of messages that they moved.", "counter")
        sample("kith_session_bytes_total", ["direction": "sent"], tally.bytesSent)
        sample("kith_session_bytes_total", ["direction": "received"], tally.bytesReceived)
        head("kith_session_seconds_total", "How long they took.", "counter")
        lines.append("kith_session_seconds_total \(Self.seconds(tally.milliseconds))")
    }

    private mutating func batches(_ tally: SessionTally) {
        head(
            "kith_batches_refused_total", "Batches with an entry that did not verify.", "counter")
        sample("kith_batches_refused_total", [:], tally.refused)
        let name = "kith_batch_seconds"
        head(name, "How long storing received entries took, a transaction each.", "histogram")
        var count = 0
        for (bound, batches) in zip(SessionTally.batchBounds, tally.batches) {
            count += batches
            lines.append("\(name)_bucket{le=\"\(Self.seconds(bound))\"} \(count)")
        }
        count += tally.batches.last ?? 0
        lines.append("\(name)_bucket{le=\"+Inf\"} \(count)")
        lines.append("\(name)_sum \(Self.seconds(tally.batchMilliseconds))")
        lines.append("\(name)_count \(count)")
    }

    private static func seconds(_ milliseconds: Int) -> Double { Double(milliseconds) / 1000 }

    private mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, help, "gauge")
        sample(name, [:], value)
    }

    private mutating func head(_ name: String, _ help: String, _ type: String) {
        lines += ["# HELP \(name) \(help)", "# TYPE \(name) \(type)"]
    }

    /// Labels are ours, or beginnings of ids: nothing in them is to be escaped.
    private mutating func sample(
        _ name: String, _ labels: [String: String], _ value: some BinaryInteger
    ) {
        let inner = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
        lines.append(
            "\(name)\(inner.isEmpty ? "" : "{\(inner.joined(separator: ","))}") \(value)")
    }

    private func seconds(from start: Instant, to end: Instant) -> Int64 {
        (end.milliseconds - start.milliseconds) / 1000
    }
}
