import TestSupport

/// Valid lines of every kind, and ways to spoil them.
struct LineMutator {
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    private static let lines = [
        "report.exported,company=acme,user=u1 amount=12.5,count=1i 1602841605822791506",
        "a\\,b,company=x\\ y,k\\=1=v s=\"one\ntwo \\\"three\\\" \\\\\",t=T,f=.5e-3,n=-007i,u=8u 5",
        "e s=\"\",q=\"\n\",company=\"no tag\"", "é,company=é note=\"日本\"\r", "# a comment", "#!sync t1", "#!hello p-1",
        "",
        #"{"company":"acme","user":"u1","task":"t","amount":12.5,"unit":"USD","count":3,"time":"2026-11-22T10:00:00Z","props":{"a":[1,2,{"b":null}]}}"#,
        #"{"type":"track","event":"Order Completed","userId":"u1","messageId":"m1","timestamp":"2026-11-22T10:00:00.123+01:00","context":{"groupId":"acme","traits":{"email":"a@b.c"}},"properties":{"revenue":"12.50","currency":"EUR","passive":true}}"#,
        #"{"type":"identify","userId":"u\u00e9\ud83d\ude00\n","traits":{"email":"a@b.c","x":-1.5e+10}}"#,
        #"{"type":"group","groupId":5,"userId":"u","traits":{"seats":50}}"#,
        #"{"type":"alias","previousId":"a","userId":"b"}"#, #"{"type":"leave","company":"c","user":"u","time":0}"#,
        #"{"type":"outcome","company":"c","outcome":"churned"}"#,
        #"{"type":"touch","company":"c","channel":"call","by":"k","note":"a \"b\""}"#,
        #"{"type":"clock","time":1602841605822}"#, #"{"type":"hello","producer":"p"}"#, #"{"type":"ping"}"#,
    ].map { Array($0.utf8) }

    /// Bytes that mean something to one of the grammars.
    private static let telling =
        Array("\"\\\n\r,= #!{}[]:0123456789-+.eEiutTfFn\t\0".utf8) + [0x7F, 0x80, 0xC3, 0xED, 0xF0, 0xFF]

    /// A few lines, most of them spoilt somewhere.
    mutating func text() -> [UInt8] {
        var text: [UInt8] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            text += Self.lines.randomElement(using: &random) ?? []
            text.append(UInt8(ascii: "\n"))
        }
        if Bool.random(using: &random) { text.removeLast() }
        for _ in 0..<Int.random(in: 0...4, using: &random) { spoil(&text) }
        return text
    }

    private static let objects = lines.filter { $0.first == UInt8(ascii: "{") }

    /// One of a few objects, spoilt in so many places.
    mutating func object(spoilt: Int) -> [UInt8] {
        var object = Self.objects.randomElement(using: &random) ?? []
        for _ in 0..<spoilt { spoil(&object) }
        return object
    }

    mutating func spoil(_ text: inout [UInt8]) {
        let place = Int.random(in: 0...text.count, using: &random)
        let byte = Self.telling.randomElement(using: &random) ?? 0
        switch Int.random(in: 0..<5, using: &random) {
        case 0: text.insert(byte, at: place)
        case 1 where place < text.count: text[place] = byte
        case 2 where place < text.count: text.remove(at: place)
        case 3:
            let end = Int.random(in: place...text.count, using: &random)
            text.removeSubrange(place..<end)
        default:
            let end = Int.random(in: place...text.count, using: &random)
            text.insert(contentsOf: text[place..<end].prefix(40), at: Int.random(in: 0...text.count, using: &random))
        }
    }

    /// Where a sender's packets might end.
    mutating func cuts(_ count: Int) -> [Int] {
        (0..<Int.random(in: 0...8, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }
}
