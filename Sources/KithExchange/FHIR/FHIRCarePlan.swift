import KithModel
import KithSite

/// Care plans with their activities, and goals.
extension FHIRMapping {
    /// The plan, and one action for each activity.
    func carePlan(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> [ImportRecord] {
        let plan = resource.element
        let parent = try resident("subject", of: resource)
        var draft = FHIRDraft(source, parent: parent)
        let categories = try plan.concepts("category")
        let title = try plan.text("title") ?? categories.compactMap(\.text).joined(by: "; ")
        let description = try plan.text("description")
        try draft.set(
            "title",
            title ?? description ?? FHIRText(text: "Care plan", offset: plan.offset))
        try draft.set("status", code: plan.codeOrAbsent("status"))
        try draft.set("category", concept: categories.first)
        if let period = try plan.element("period") {
            draft.set("start", try period.dateTime("start"))
            draft.set("end", try period.dateTime("end"))
        }
        var lines = [description].compactMap(\.self)
        lines += try intent(of: plan)
        lines += try plan.annotations("note")
        try draft.set("description", lines: lines)
        try draft.set("addresses", lines: words(forAll: "addresses", of: resource).distinct)
        draft.recorded(at: try plan.dateTime("created"))
        draft.recorded(by: try author("author", of: resource))
        var records = [draft.record]
        for (index, activity) in try plan.elements("activity").enumerated() {
            let named = try activity.extensions(KithFHIR.source).first?.text("valueString")
            let action = ImportRecord.Source(
                kind: "action",
                identity: try named.map(FHIRDraft.line)
                    ?? "\(source.identity)#activity[\(index)]")
            records.append(
                try extended(
                    self.action(activity, of: resource, action, parent: source), by: activity,
                    of: resource))
        }
        return records
    }

    /// A goal, under the first care plan that names it, else under the resident.
    func goal(
        _ resource: FHIRResource, _ source: ImportRecord.Source
    ) throws -> ImportRecord {
        let goal = resource.element
        let resident = try resident("subject", of: resource)
        let plan = plan(naming: resource)
        if let plan, try self.resident("subject", of: plan) != resident {
            throw goal.fault(
                "expected the subject of \(plan.name), which names this goal as its own")
        }
        var draft = FHIRDraft(source, parent: plan?.source ?? resident)
        let description = try goal.required("description", goal.concept("description"))
        let text = try description.element.required("text or coding", description.text)
        let targets = try self.targets(of: goal)
        let days = Set(targets.compactMap(\.due?.date))
        let due = days.count == 1 ? targets.compactMap(\.due).first : nil
        // Targets with different dates stay words: no one of them is the goal's date.
        let dated = due != nil ? [] : targets.compactMap(\.words)
        try draft.set("text", lines: [text] + dated)
        try draft.set(
            "status", code: goal.codeOrAbsent("lifecycleStatus"))
        draft.set("due", due)
        var outcome = [try goal.concept("achievementStatus")?.text].compactMap(\.self)
        outcome += try goal.concepts("outcomeCode").compactMap(\.text)
        outcome += try words(forAll: "outcomeReference", of: resource)
        outcome += [try goal.text("statusReason")].compactMap(\.self)
        outcome += try goal.annotations("note")
        try draft.set("outcome", lines: outcome)
        try draft.set("addresses", lines: words(forAll: "addresses", of: resource).distinct)
        draft.recorded(at: try goal.date("statusDate"))
        draft.recorded(by: try author("expressedBy", of: resource))
        return draft.record
    }

    private func action(
        _ activity: FHIRElement, of plan: FHIRResource, _ source: ImportRecord.Source,
        parent: ImportRecord.Source
    ) throws -> ImportRecord {
        var draft = FHIRDraft(source, parent: parent)
        let outcome = try activity.concepts("outcomeCodeableConcept").compactMap(\.text)
        let notes =
            try outcome.map { $0.saying("Outcome: \($0.text)") }
            + activity.annotations("progress")
        if let detail = try activity.element("detail") {
            try set(&draft, from: detail, of: plan, notes: notes)
        } else if let reference = try activity.element("reference") {
            let what = try words(for: reference, in: plan)
            try draft.set(
                "what", lines: [reference.required("reference or display", what)] + notes)
        } else {
            let what = try activity.required("detail or reference", notes.first)
            try draft.set("what", lines: [what] + notes.dropFirst())
        }
        return draft.record
    }

    private func set(
        _ draft: inout FHIRDraft, from detail: FHIRElement, of plan: FHIRResource,
        notes: [FHIRText]
    ) throws {
        let code = try detail.concept("code")
        let description = try detail.text("description")
        let what = try detail.required("code or description", code?.text ?? description)
        let isForbidden = try detail.boolean("doNotPerform") == true
        var lines = [isForbidden ? what.saying("DO NOT: \(what.text)") : what]
        if let place = try detail.element("location").flatMap({ place in
            try words(for: place, in: plan)
        }) {
            lines.append(place.saying("Where: \(place.text)"))
        }
        if let reason = try detail.concept("statusReason")?.text {
            lines.append(reason.saying("Reason for the status: \(reason.text)"))
        }
        try draft.set("what", lines: lines + notes)
        var goals: [ImportRecord.Source] = []
        for reference in try detail.elements("goal") {
            guard let position = try resources.resolve(reference, in: plan),
                resources.all[position].type.is("Goal"),
                let goal = resources.all[position].source
            else { continue }
            goals.append(goal)
        }
        draft.set("goal", to: goals.count == 1 ? goals.first : nil)
        var performers: [FHIRText] = []
        for reference in try detail.elements("performer") {
            if let words = try words(for: reference, in: plan) { performers.append(words) }
        }
        try draft.set("who", performers.joined(by: ", "))
        try draft.set("when", schedule(of: detail))
        try draft.set("status", code: detail.codeOrAbsent("status"))
        if code?.text != nil { try draft.set("strategies", description) }
        // The code names the deed; beside "do not" it would say the opposite.
        if !isForbidden { try draft.set("code", concept: code) }
    }

    private func schedule(of detail: FHIRElement) throws -> FHIRText? {
        if let text = try detail.text("scheduledString") { return text }
        if let period = try detail.element("scheduledPeriod") {
            return try FHIRTiming.period(period)
        }
        if let timing = try detail.element("scheduledTiming") {
            return try FHIRTiming(timing).words
        }
        return nil
    }

    /// The intent, said in words unless it is the plan or order that a reader takes it for.
    private func intent(of plan: FHIRElement) throws -> [FHIRText] {
        let intent = try plan.required("intent", plan.text("intent"))
        guard ["proposal", "plan", "order", "option"].contains(where: intent.is) else {
            throw intent.fault(
                "expected one of proposal, plan, order, option, found "
                    + JSONPlace.quoted(intent.text))
        }
        return intent.is("plan") || intent.is("order")
            ? [] : [intent.saying("Intent: \(intent.text), not yet agreed")]
    }

    private func targets(
        of goal: FHIRElement
    ) throws -> [(due: FHIRDate?, words: FHIRText?)] {
        var targets: [(due: FHIRDate?, words: FHIRText?)] = []
        for target in try goal.elements("target") {
            let due = try target.date("dueDate")
            let measure = try target.concept("measure")?.text?.text
            let words = ["Target:", measure, due.map { "by \($0.date)" }]
                .compactMap(\.self).joined(separator: " ")
            targets.append((due, due.map { _ in FHIRText(text: words, offset: target.offset) }))
        }
        return targets
    }
}
