import Foundation
import KithModel
import KithSite

/// How the site stands with its partners, who did what, and who has an account.
enum StandingPages {
    static let routes: [Route] = [
        .get("/partnership", .oneOf([.read, .administer])) { try await partnership($0) },
        .get("/audit", .needs(.readAudit)) { try await audit($0) },
        .get("/users", .needs(.administer)) { try await users($0) },
    ]

    private static func partnership(_ visit: Visit) async throws -> Answer {
        let desk = try visit.desk()
        let peers = try await desk.peers()
        let nodes = Currency.nodes(peers, in: nil, visit)
        let partnerships = try await desk.partnerships().filter { !$0.isPrivate }
        return visit.page(
            "partnership", title: "Partners", tab: "/partnership",
            [
                "map": Pictures.map(
                    visit.review.siteName,
                    nodes.map { ($0["name"] as? String ?? "", $0["level"] as? String ?? "") }),
                "peers": nodes, "hasPeers": !nodes.isEmpty,
                "partnerships": partnerships.map { partnership(of: $0, visit) },
                "hasPartnerships": !partnerships.isEmpty,
                "waiting": try await GlassPage.waiting(desk) ?? false as Any,
            ])
    }

    private static func partnership(of view: PartnershipView, _ visit: Visit) -> Node {
        func line(_ text: String) -> String { ShownText(line: text).text }
        return [
            "name": line(view.name), "purpose": line(view.purpose),
            "members": view.members.map { member -> Node in
                [
                    "name": line(member.name), "role": member.role, "isSelf": member.isSelf,
                    "holds": member.compartments.filter { $0 != .membership }.map(\.name)
                        .joined(separator: ", "),
                    "mayAttest": member.mayAttest,
                    "ends": member.sharingEnds.map(visit.review.words) ?? false as Any,
                ]
            },
            "former": view.formerMembers.map { member -> Node in
                [
                    "name": line(member.name),
                    "words": member.isSelf
                        ? "this site was removed: its records are no longer updated"
                        : member.hasLeft ? "has left" : "was removed by \(line(member.removedBy))",
                    "when": visit.review.words(member.removed),
                ]
            }, "hasFormer": !view.formerMembers.isEmpty,
        ]
    }

    // MARK: Audit

    private static func audit(_ visit: Visit) async throws -> Answer {
        let query = visit.query
        let action = AuditItem.Action(rawValue: query["action"])
        let user = String(query["user"].prefix(100))
        let record = String(query["record"].prefix(40))
        let desk = try visit.desk()
        let found = try await desk.audit(
            AuditQuery(
                user: user.isEmpty ? nil : user, action: action,
                record: record.isEmpty ? nil : record, limit: 200))
        func line(_ text: String) -> String { ShownText(line: text).text }
        return visit.page(
            "audit", title: "Audit", tab: "/audit",
            [
                "user": line(user), "record": line(record),
                "waiting": try await GlassPage.waiting(desk) ?? false as Any,
                "actions": AuditItem.Action.allCases.map { item -> Node in
                    [
                        "value": item.rawValue, "label": words(item),
                        "isChosen": item == action,
                    ]
                },
                "items": found.map { item -> Node in
                    [
                        "number": item.number, "time": visit.review.words(item.time),
                        "name": line(item.actor.name), "role": line(item.actor.role),
                        "login": line(item.actor.user), "action": words(item.action),
                        "what": line(item.what), "channel": channel(item.channel),
                    ]
                }, "isEmpty": found.isEmpty, "isFull": found.count == 200,
            ])
    }

    private static func words(_ action: AuditItem.Action) -> String {
        switch action {
        case .read: "looked"
        case .write: "wrote"
        case .administer: "administered"
        case .exchange: "exchanged"
        case .signIn: "signed in"
        case .breakGlass: "broke the glass"
        case .review: "reviewed"
        }
    }

    private static func channel(_ channel: AuditItem.Channel) -> String {
        switch channel {
        case .commandLine: "command line"
        case .webPage: "web page"
        case .sync: "sync"
        }
    }

    private static func users(_ visit: Visit) async throws -> Answer {
        let users = try await visit.desk().users()
        func line(_ text: String) -> String { ShownText(line: text).text }
        return visit.page(
            "users", title: "Accounts", tab: "/users",
            [
                "users": users.map { user -> Node in
                    [
                        "login": user.login, "name": line(user.name), "title": line(user.title),
                        "roles": user.roles.map(\.label).joined(separator: ", "),
                        "reads": user.compartments.isEmpty
                            ? "no records"
                            : user.compartments.map(\.name).joined(separator: ", "),
                        "isDisabled": user.isDisabled,
                        "signedIn": user.signedIn.map(visit.review.words) ?? "never",
                    ]
                }
            ])
    }
}
