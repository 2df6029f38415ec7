import UsageModel

/// A block's value → records. Keeps its memory; trusts nothing that it reads.
final class BlockDecoder {
    private let decompressor = Decompressor()
    private var values = UnsafeMutablePointer<Int64>.allocate(capacity: 1)
    private var plane = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    private var capacity = 1

    deinit {
        values.deallocate()
        plane.deallocate()
    }

    /// Checks `value` against its hashes and unpacks it into `block`, whose memory is reused. After an
    /// error `block` holds anything.
    func decode(_ value: UnsafeRawBufferPointer, into block: inout DecodedBlock) throws(BlockFault) {
        let header = try BlockHeader(value)
        let (body, isRedacted) = try Self.body(value, of: header)
        block.header = header
        block.isRedacted = isRedacted
        reserve(Int(header.count))
        try decode(body, count: Int(header.count), into: &block.batch)
    }

    /// The kinds of the records in `value`, which is checked against its hashes; no other column is unpacked.
    func kinds(of value: UnsafeRawBufferPointer) throws(BlockFault) -> RecordKinds {
        let header = try BlockHeader(value)
        let body = try Self.body(value, of: header).body
        let bodyHeader = try BodyHeader(body)
        let bytes = body.slice(bodyHeader.columns)
        let columns = try Self.columns(in: bytes, bodyHeader, count: Int(header.count))
        let count = columns.isConstant(.kind) ? 1 : Int(header.count)
        reserve(count)
        try load(.kind, columns, bytes, count: count)
        var kinds: RecordKinds = []
        for index in 0..<count { kinds.formUnion(RecordKinds(try kind(at: index))) }
        return kinds
    }

    /// The body, with its hash checked against the header, or against the redaction that replaced it.
    static func body(
        _ value: UnsafeRawBufferPointer, of header: BlockHeader
    ) throws(BlockFault) -> (body: UnsafeRawBufferPointer, isRedacted: Bool) {
        let rest = value.slice(BlockHeader.byteCount..<value.count)
        let redaction = try RedactionHeader.read(rest, of: header)
        let start = redaction == nil ? 0 : RedactionHeader.byteCount
        let body = rest.slice(start..<rest.count)
        let offset = BlockHeader.byteCount + start
        guard body.count == Int(redaction?.bodyByteCount ?? header.bodyByteCount) else {
            throw .damaged(offset: offset, detail: "the body has \(body.count) bytes, the header says otherwise")
        }
        guard Hash128(of: body) == redaction?.bodyHash ?? header.bodyHash else {
            throw .damaged(offset: offset, detail: "the body's hash does not fit")
        }
        return (body, redaction != nil)
    }

    private func reserve(_ count: Int) {
        guard count > capacity else { return }
        values.deallocate()
        plane.deallocate()
        capacity = max(count, capacity * 2)
        values = .allocate(capacity: capacity)
        plane = .allocate(capacity: capacity)
    }

    private func decode(
        _ body: UnsafeRawBufferPointer, count: Int, into batch: inout RecordBatch
    ) throws(BlockFault) {
        let header = try BodyHeader(body)
        let textEnd = header.columns.upperBound + Int(header.storedTextByteCount)
        let uuidTextByteCount = Int(header.uuidCount) * UUIDText.textByteCount
        resize(&batch, count: count, byteCount: Int(header.textByteCount) + uuidTextByteCount)
        let isTextWhole = batch.bytes.withUnsafeMutableBytes { bytes in
            let target = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<Int(header.textByteCount)])
            let isWhole = decompressor.expand(body.slice(header.columns.upperBound..<textEnd), into: target)
            expandUUIDs(body.slice(textEnd..<body.count), into: bytes, at: Int(header.textByteCount))
            return isWhole
        }
        guard isTextWhole else { throw .damaged("the text does not decompress") }
        // The closure cannot throw typed errors through the array's own method, so they travel as values.
        let result = batch.records.withUnsafeMutableBufferPointer { records -> Result<Void, BlockFault> in
            do throws(BlockFault) {
                try decodeColumns(body.slice(header.columns), header, into: records)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func resize(_ batch: inout RecordBatch, count: Int, byteCount: Int) {
        if batch.records.count > count {
            batch.records.removeLast(batch.records.count - count)
        } else if batch.records.count < count {
            batch.records.append(
                contentsOf: repeatElement(Record(kind: .track), count: count - batch.records.count))
        }
        if batch.bytes.count > byteCount {
            batch.bytes.removeLast(batch.bytes.count - byteCount)
        } else if batch.bytes.count < byteCount {
            batch.bytes.append(contentsOf: repeatElement(0, count: byteCount - batch.bytes.count))
        }
    }

    private func expandUUIDs(
        _ uuids: UnsafeRawBufferPointer, into bytes: UnsafeMutableRawBufferPointer, at offset: Int
    ) {
        guard let source = uuids.baseAddress, let target = bytes.baseAddress else { return }
        for index in 0..<uuids.count / UUIDText.byteCount {
            UUIDText.write(
                source + index * UUIDText.byteCount, to: target + offset + index * UUIDText.textByteCount)
        }
    }

    private func decodeColumns(
        _ bytes: UnsafeRawBufferPointer, _ header: BodyHeader, into records: UnsafeMutableBufferPointer<Record>
    ) throws(BlockFault) {
        let columns = try Self.columns(in: bytes, header, count: records.count)
        // All records begin as one that has whatever is the same in all, so a column costs a pass over
        // the records only where it varies.
        var template = Record(kind: .track)
        template.time = Timestamp(milliseconds: header.firstTime)
        template.day = template.time.utcDay
        template.producerSeq = header.firstProducerSeq
        for column in Column.allCases where columns.isPresent(column) && columns.isConstant(column) {
            try load(column, columns, bytes, count: 1)
            try withUnsafeMutablePointer(to: &template) { (one) throws(BlockFault) in
                try scatter(column, header, into: UnsafeMutableBufferPointer(start: one, count: 1))
            }
        }
        records.update(repeating: template)
        for column in Column.allCases where columns.isPresent(column) && !columns.isConstant(column) {
            try load(column, columns, bytes, count: records.count)
            try scatter(column, header, into: records)
        }
        guard columns.isPresent(.id) || columns.isPresent(.payload) || header.textByteCount > 0 || header.uuidCount > 0
        else { return }
        try load(.payload, columns, bytes, count: records.count)
        try placeText(header, records)
    }

    private static func columns(
        in bytes: UnsafeRawBufferPointer, _ header: BodyHeader, count: Int
    ) throws(BlockFault) -> ColumnDirectory {
        let columns = try ColumnDirectory(bytes, columnCount: header.columnCount, recordCount: count)
        guard columns.isPresent(.kind) else { throw .damaged("no column says what the records are") }
        return columns
    }

    /// What the column of kinds, whose values were loaded, says of a record.
    private func kind(at index: Int) throws(BlockFault) -> RecordKind {
        guard let kind = UInt8(exactly: values[index]).flatMap(RecordKind.init(rawValue:)) else {
            throw .damaged("record \(index) of the block is of unknown kind \(values[index])")
        }
        return kind
    }

    /// Fills `values` with the column's values.
    private func load(
        _ column: Column, _ columns: ColumnDirectory, _ bytes: UnsafeRawBufferPointer, count: Int
    ) throws(BlockFault) {
        let place = columns[column]
        if place.width == 0 {
            for index in 0..<count { values[index] = place.base }
            return
        }
        var offset = place.planes
        for position in 0..<place.width {
            let stored = Int(bytes.number(offset, UInt32.self))
            offset += ColumnDirectory.planeHeaderByteCount
            let target = UnsafeMutableRawBufferPointer(start: plane, count: count)
            guard decompressor.expand(bytes.slice(offset..<offset + stored), into: target) else {
                throw .damaged("column \(column) does not decompress")
            }
            offset += stored
            let shift = Int64(position * 8)
            if position == 0 {
                for index in 0..<count { values[index] = place.base &+ Int64(plane[index]) }
            } else {
                for index in 0..<count { values[index] &+= Int64(plane[index]) &<< shift }
            }
        }
    }

    /// Moves `values` into the records' fields. `Column.allCases` has each column behind those it builds on;
    /// payloads are placed last, with the ids.
    private func scatter(
        _ column: Column, _ header: BodyHeader, into records: UnsafeMutableBufferPointer<Record>
    ) throws(BlockFault) {
        let values = UnsafePointer(values)
        switch column {
        case .kind:
            for index in 0..<records.count { records[index].kind = try kind(at: index) }
        case .flags:
            try checkRange(UInt8.self, count: records.count, column)
            for index in 0..<records.count {
                records[index].flags = RecordFlags(rawValue: UInt8(truncatingIfNeeded: values[index]))
            }
        case .company: try scatterNames(into: records, column) { $0.company.number = $1 }
        case .user:
            try scatterNames(into: records, column) {
                $0.user.number = $1
                $0.sentUser.number = $1
            }
        case .sentUser:
            for index in 0..<records.count { self.values[index] &+= Int64(records[index].user.number) }
            try scatterNames(into: records, column) { $0.sentUser.number = $1 }
        case .task: try scatterNames(into: records, column) { $0.task.number = $1 }
        case .unit: try scatterNames(into: records, column) { $0.unit.number = $1 }
        case .source: try scatterNames(into: records, column) { $0.source.number = $1 }
        case .producer: try scatterNames(into: records, column) { $0.producer.number = $1 }
        case .time:
            var time = header.firstTime
            for index in 0..<records.count {
                time &+= values[index]
                records[index].time = Timestamp(milliseconds: time)
                records[index].day = records[index].time.utcDay
            }
        case .day:
            for index in 0..<records.count {
                records[index].day.number &+= Int32(truncatingIfNeeded: values[index])
            }
        case .count:
            for index in 0..<records.count { records[index].count = UInt64(bitPattern: values[index]) }
        case .amount:
            for index in 0..<records.count { records[index].amount = Amount(micros: Int128(values[index])) }
        case .amountHigh:
            for index in 0..<records.count {
                records[index].amount.micros &+= Int128(values[index]) << 64
            }
        case .producerSeq:
            var seq = header.firstProducerSeq
            for index in 0..<records.count {
                seq &+= UInt64(bitPattern: values[index])
                records[index].producerSeq = seq
            }
        case .id: scatterIDForms(into: records)
        case .payload: break
        }
    }

    @inline(__always)
    private func scatterNames(
        into records: UnsafeMutableBufferPointer<Record>, _ column: Column, _ set: (inout Record, UInt32) -> Void
    ) throws(BlockFault) {
        try checkRange(UInt32.self, count: records.count, column)
        for index in 0..<records.count { set(&records[index], UInt32(truncatingIfNeeded: values[index])) }
    }

    private func checkRange<T: FixedWidthInteger & UnsignedInteger>(
        _: T.Type, count: Int, _ column: Column
    ) throws(BlockFault) {
        var all: Int64 = 0
        for index in 0..<count { all |= values[index] }
        guard T(exactly: all) != nil else { throw .damaged("column \(column) holds impossible numbers") }
    }

    /// Keeps each id's form in its range until `placeText` knows where it lies.
    private func scatterIDForms(into records: UnsafeMutableBufferPointer<Record>) {
        for index in 0..<records.count {
            let form = UInt64(bitPattern: values[index])
            records[index].id.count = UInt32(truncatingIfNeeded: min(form, UInt64(UInt32.max)))
        }
    }

    /// Texts lie in record order, an id before its payload; UUIDs were spelled out behind them.
    private func placeText(
        _ header: BodyHeader, _ records: UnsafeMutableBufferPointer<Record>
    ) throws(BlockFault) {
        let textEnd = Int(header.textByteCount)
        let uuidsEnd = textEnd + Int(header.uuidCount) * UUIDText.textByteCount
        var text = 0
        var uuid = textEnd
        for index in 0..<records.count {
            let form = Int64(records[index].id.count)
            if form == IDForm.uuid {
                guard uuid < uuidsEnd else { throw .damaged("there are fewer UUIDs than records that have one") }
                records[index].id = ByteRange(offset: uuid, count: UUIDText.textByteCount)
                uuid += UUIDText.textByteCount
            } else if form != IDForm.none {
                let count = Int(form - IDForm.textBase)
                guard count <= textEnd - text else { throw .damaged("an id runs over the text") }
                records[index].id = ByteRange(offset: text, count: count)
                text += count
            }
            let count = values[index]
            guard count >= 0, count <= textEnd - text else { throw .damaged("a payload runs over the text") }
            if count > 0 {
                records[index].payload = ByteRange(offset: text, count: Int(count))
                text += Int(count)
            }
        }
        guard text == textEnd, uuid == uuidsEnd else { throw .damaged("there is more text than records refer to") }
    }
}
