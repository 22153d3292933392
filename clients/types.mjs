// types.mjs - reads the interfaces and classes of a TypeScript declaration file, and compares values with them. It knows
// what the SDK's dist/index.d.ts uses: names, literals, unions, arrays, objects, Record, Array and Promise.

function tokens(text) {
  const plain = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\/\/[^\n]*/g, '');
  return plain.match(/'[^']*'|"[^"]*"|[A-Za-z_$][\w$]*|\d+|\S/g);
}

class Parser {
  constructor(text) {
    this.tokens = tokens(text);
    this.at = 0;
    this.types = new Map(); // name -> type
    this.methods = new Map(); // class -> Map(method -> type of its result)
  }

  peek(offset = 0) { return this.tokens[this.at + offset]; }
  next() { return this.tokens[this.at++]; }
  take(token) { return this.peek() === token ? (this.at++, true) : false; }
  expect(token) {
    if (!this.take(token)) throw new Error(`expected ${token}, got ${this.tokens.slice(this.at, this.at + 8).join(' ')}`);
  }

  // Skips to the end of a bracketed part; the opening bracket was taken.
  skip(open, close) {
    for (let depth = 1; depth; ) {
      const token = this.next();
      if (token === open) depth++;
      if (token === close) depth--;
    }
  }

  file() {
    while (this.at < this.tokens.length) {
      const word = this.next();
      if (word === 'interface') this.interface();
      else if (word === 'type') this.alias();
      else if (word === 'class') this.class();
      else if (word === '{') this.skip('{', '}');
    }
    return this;
  }

  interface() {
    const name = this.next();
    const base = this.take('extends') ? this.next() : null;
    this.expect('{');
    const object = this.members();
    if (base) object.members = { ...this.types.get(base).members, ...object.members };
    this.types.set(name, object);
  }

  alias() {
    const name = this.next();
    if (!this.take('=')) return;
    this.types.set(name, this.type());
  }

  class() {
    const name = this.next();
    const methods = new Map();
    if (this.take('extends')) this.next();
    this.expect('{');
    while (!this.take('}')) {
      const word = this.next();
      const generic = this.take('<') ? (this.skip('<', '>'), true) : false;
      if (this.take('(')) {
        this.skip('(', ')');
        const result = this.take(':') ? this.type() : null;
        if (result && !generic) methods.set(word, result);
      } else if (this.take(':')) {
        this.type();
      }
      this.take(';');
    }
    this.methods.set(name, methods);
  }

  members() {
    const members = {};
    while (!this.take('}')) {
      const name = this.next();
      const optional = this.take('?');
      this.expect(':');
      members[name] = { optional, type: this.type() };
      this.take(';');
    }
    return { kind: 'object', members };
  }

  type() {
    this.take('|');
    const of = [this.array()];
    while (this.take('|')) of.push(this.array());
    return of.length > 1 ? { kind: 'union', of } : of[0];
  }

  array() {
    let type = this.single();
    while (this.peek() === '[' && this.peek(1) === ']') {
      this.at += 2;
      type = { kind: 'array', of: type };
    }
    return type;
  }

  single() {
    if (this.take('{')) return this.members();
    const word = this.next();
    if (/^['"]/.test(word)) return { kind: 'literal', value: word.slice(1, -1) };
    if (this.take('<')) {
      const parts = [this.type()];
      while (this.take(',')) parts.push(this.type());
      this.expect('>');
      if (word === 'Array') return { kind: 'array', of: parts[0] };
      return word === 'Promise' ? parts[0] : { kind: 'any' };
    }
    return { kind: 'name', name: word };
  }
}

export const readTypes = (text) => new Parser(text).file();

// The differences between a value and its type: "total: absent", "posts[].status: \"published\" is not \"queued\" | ...".
// Members that the type does not have are no difference.
export function differences(types, type, value, path = '') {
  const wrong = (what) => [`${path || 'the value'}: ${what}`];
  const text = (of) => (of.kind === 'literal' ? `'${of.value}'` : of.name || of.kind);
  if (type.kind === 'name') {
    if (types.has(type.name)) return differences(types, types.get(type.name), value, path);
    if (type.name === 'any' || type.name === 'void') return [];
    const name = value === null ? 'null' : typeof value;
    return name === type.name ? [] : wrong(`${name}, not ${type.name}`);
  }
  if (type.kind === 'literal') return value === type.value ? [] : wrong(`'${value}', not '${type.value}'`);
  if (type.kind === 'union') {
    const all = type.of.map((of) => differences(types, of, value, path));
    if (all.some((d) => d.length === 0)) return [];
    const inner = type.of.findIndex((of) => !['literal'].includes(of.kind) && of.name !== 'null');
    if (value !== null && typeof value === 'object' && inner >= 0) return all[inner];
    return wrong(`${value === null ? 'null' : typeof value === 'string' ? `'${value}'` : typeof value}, not ${type.of.map(text).join(' or ')}`);
  }
  if (type.kind === 'array') {
    if (!Array.isArray(value)) return wrong(`${value === null ? 'null' : typeof value}, not an array`);
    const rows = types.get(type.of.name) ?? type.of;
    if (!value.length && rows.kind === 'object') return wrong('empty, so that its items are not compared');
    return [...new Set(value.flatMap((v) => differences(types, type.of, v, `${path}[]`)))];
  }
  if (type.kind === 'object') {
    if (value === null || typeof value !== 'object' || Array.isArray(value)) return wrong(`${value === null ? 'null' : typeof value}, not an object`);
    return Object.entries(type.members).flatMap(([name, member]) => {
      const at = path ? `${path}.${name}` : name;
      if (value[name] === undefined) return member.optional ? [] : [`${at}: absent`];
      return differences(types, member.type, value[name], at);
    });
  }
  return [];
}
