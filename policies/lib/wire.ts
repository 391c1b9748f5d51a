/** Protobuf's wire format, as far as the analyzer reads it: the fields of a message, one after the other, in place. */
export class Fields {
  /** Number of the field that {@link next} came to, and where its content is. */
  field = 0;
  from = 0;
  to: number;

  constructor(
    readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.to = start;
  }

  /** Goes to the next field; false: there is none. @throws RangeError when the bytes are no message */
  next(): boolean {
    if (this.to >= this.end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.from = this.to;
    switch (tag & 7) {
      case 0:
        this.varint();
        break;
      case 1:
        this.to += 8;
        break;
      case 2: {
        const size = this.varint();
        this.from = this.to;
        this.to += size;
        break;
      }
      case 5:
        this.to += 4;
        break;
      default:
        throw new RangeError(`a message of the engine's has a field of the kind ${tag & 7}`);
    }
    if (this.to > this.end) throw new RangeError("a message of the engine's ends early");
    return true;
  }

  text(): string {
    return this.bytes.toString("utf8", this.from, this.to);
  }

  number(): number {
    return this.bytes.readDoubleLE(this.from);
  }

  boolean(): boolean {
    return this.bytes[this.from] !== 0;
  }

  /** The message that the field is. */
  message(): Fields {
    return new Fields(this.bytes, this.from, this.to);
  }

  /** Tags and sizes have 32 bits; of a longer number, which nobody reads, only the lowest count. */
  private varint(): number {
    let value = 0;
    for (let shift = 0; this.to < this.end; shift += 7) {
      const byte = this.bytes[this.to++];
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError("a message of the engine's ends early");
  }
}
