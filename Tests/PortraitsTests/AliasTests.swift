import Portraits
import Testing
import UsageModel

@Suite("Aliases")
struct AliasTests {
    @Test("a merge unites days, adds counts and keeps first and last times")
    func merge() throws {
        let scene = Scene()
        scene.event("2026-03-01", "anon", count: 2)
        scene.event("2026-03-02", "anon", count: 3)
        scene.event("2026-03-02", "ann", count: 5)
        scene.event("2026-03-03", "ann", count: 7)
        scene.event("2026-03-03", "bob")
        // What is kept of today must not survive the merge.
        #expect(try scene.number(.activeUsers(.days(7))) == 3)
        #expect(try scene.portrait().powerCurve(at: scene.moment()).prefix(3) == [1, 2, 0])
        #expect(try scene.text(.mostActive) == "ann" && scene.text(.firstUser) == "anon")
        scene.alias("anon", to: "ann", at: "2026-03-03")
        #expect(try scene.number(.activeUsers(.days(7))) == 2)
        #expect(try scene.number(.usersTotal) == 2)
        #expect(try scene.portrait().powerCurve(at: scene.moment()).prefix(3) == [1, 0, 1])
        #expect(try scene.text(.firstUser) == "ann" && scene.text(.lastUser) == "ann")
        #expect(try scene.number(.newUsers(.days(1))) == 1)
        #expect(try scene.number(.newUsers(.days(3))) == 2)
        let row = try #require(try scene.portrait().user(scene.user("ann"), at: scene.moment()))
        #expect(row.lifetime == 17 && row.activeDays28d == 3 && row.first == Scene.time("2026-03-01"))
        #expect(try scene.portrait().user(scene.user("anon"), at: scene.moment()) == nil)
        #expect(try scene.number(.topUserShare(.days(28))) == 17.0 / 18)
    }

    @Test("later events under the old id follow, in every company")
    func following() throws {
        let scene = Scene()
        scene.event("2026-03-01", "anon", company: "knows")
        scene.alias("anon", to: "ann", at: "2026-03-02")
        for company in ["knows", "does not"] { scene.event("2026-03-03", "anon", company: company) }
        for company in ["knows", "does not"] {
            #expect(try scene.text(.lastUser, of: company) == "ann")
            #expect(try scene.number(.usersTotal, of: company) == 1)
        }
        #expect(scene.portraits.resolve(user: scene.user("anon")) == scene.user("ann"))
    }

    @Test("a company that knows only the old id knows the new one then")
    func renaming() throws {
        let scene = Scene()
        for number in 0..<20 { scene.event("2026-03-01", "anon\(number)") }
        for number in 0..<20 { scene.alias("anon\(number)", to: "user\(number)", at: "2026-03-02") }
        for number in 0..<20 { scene.event("2026-03-03", "user\(number)") }
        #expect(try scene.number(.usersTotal) == 20)
        #expect(try scene.number(.newUsers(.days(7))) == 20)
        // And knows it again when that one is merged on.
        for number in 1..<20 { scene.alias("user\(number)", to: "user0", at: "2026-03-04") }
        #expect(try scene.number(.usersTotal) == 1)
        #expect(try scene.portrait().users(at: scene.moment()).map(\.lifetime) == [40])
    }

    @Test("chains flatten; merging anybody into himself would be a cycle; a repeat is none")
    func chains() throws {
        let scene = Scene()
        scene.event("2026-03-01", "a")
        scene.alias("a", to: "b", at: "2026-03-02")
        scene.alias("b", to: "c", at: "2026-03-02")
        let ids = ["a", "b", "c"].map(scene.user)
        for id in ids { #expect(scene.portraits.resolve(user: id) == ids[2]) }
        #expect(scene.portraits.wouldCycle(merging: ids[2], into: ids[0]))
        #expect(scene.portraits.wouldCycle(merging: ids[2], into: ids[2]))
        #expect(!scene.portraits.wouldCycle(merging: ids[0], into: ids[1]))
        let before = scene.digest()
        scene.alias("a", to: "b", at: "2026-03-02")
        #expect(scene.digest() == before)
        #expect(try scene.text(.lastUser) == "c")
    }

    @Test("traits, group and e-mail of the old id fill what the new one has not")
    func traits() throws {
        let scene = Scene()
        scene.control(.identify, "2026-03-01", "old", ["role": "admin", "email": "old@x.org", "plan": "a"])
        scene.control(.group, "2026-03-01", "old")
        scene.control(.identify, "2026-03-01", "new", ["role": "user"])
        scene.alias("old", to: "new", at: "2026-03-02")
        let row = try #require(try scene.portrait().user(scene.user("new"), at: scene.moment()))
        #expect(row.traits == ["email": "old@x.org", "plan": "a", "role": "user"])
        #expect(scene.portraits.email(of: scene.user("new")) == "old@x.org")
        #expect(scene.portraits.lastGroup(of: scene.user("new")) == scene.company())
    }

    @Test("a merge counts who is gone as one")
    func leaving() throws {
        let scene = Scene()
        scene.event("2026-03-01", "old")
        scene.event("2026-03-05", "new")
        scene.control(.leave, "2026-03-03", "old")
        scene.alias("old", to: "new", at: "2026-03-06")
        #expect(try scene.number(.usersTotal) == 1)
        #expect(try scene.number(.left(.days(28))) == 0)
        scene.control(.leave, "2026-03-07", "old")
        #expect(try scene.number(.usersTotal) == 0)
        #expect(try scene.number(.left(.days(28))) == 1)
    }
}
