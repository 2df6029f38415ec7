import Portraits
import Testing
import UsageModel

@Suite("The digest of a known log")
struct DigestTests {
    private func scene() -> Scene {
        var settings = Settings()
        settings.ignoreTasks = ["heartbeat"]
        let scene = Scene(settings)
        scene.zone("Etc/East", offsetHours: 10)
        scene.control(.group, "2026-03-01", "ann", ["timezone": "Etc/East", "seats": .int(5), "plan": "team"])
        scene.control(.identify, "2026-03-01", "bob", ["email": "bob@acme.com", "staff": .bool(true)])
        scene.event("2026-03-01", "anon", count: 3_000, amount: "12.5 USD")
        scene.event("2025-01-01", "ann", logged: "2026-03-02")
        scene.event("2026-03-02", "ann", task: "heartbeat")
        scene.event("2026-03-09", "zoe", logged: "2026-03-02")
        scene.alias("anon", to: "ann", at: "2026-03-02")
        scene.control(.leave, "2026-03-03", "ann")
        scene.control(.touch, "2026-03-03", "ann", ["channel": "phone"])
        scene.control(.outcome, "2026-03-03", nil, ["outcome": "renewed"])
        return scene
    }

    /// Built in debug and release, with another hash seed in every process: the number stays. It
    /// changes only with what a digest covers, and then so do those that people noted down.
    @Test("is the same in every build and process")
    func known() {
        let scene = scene()
        #expect(scene.digest().description == "197fb806dc2cdfce35eed12b3ce7bb6e")
        #expect(scene.portraits.globalDigest().description == "82ef1a463eacc52e150757bdf3dba9ae")
    }

    @Test("does not depend on the numbers that names have")
    func numbers() {
        let plain = scene()
        let other = Scene()
        for name in ["zoe", "bob", "ann", "anon"] { _ = other.user(name) }
        for name in ["other", "acme"] { _ = other.company(name) }
        for name in ["work", "zzz"] { _ = other.task(name) }
        let same = Scene()
        for scene in [other, same] {
            for user in ["ann", "bob", "zoe"] { scene.event("2026-03-01", user, task: "work") }
            scene.event("2026-03-01", "ann", task: "more")
        }
        #expect(other.digest() == same.digest() && other.digest() != plain.digest())
    }

    @Test("covers flags, and is zero for a company without a record")
    func flags() {
        let scene = scene()
        let acme = scene.company()
        #expect(scene.portraits.digest(of: acme, adding: [1]) != scene.portraits.digest(of: acme, adding: [2]))
        #expect(scene.portraits.digest(of: scene.company("nobody"), adding: []) == .zero)
    }
}
