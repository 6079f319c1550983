package app

// Kind is the shape of a Type.
type Kind string

// The kinds.
const (
	Builtin Kind = "builtin" // Name: bool, string, int…, uint…, float32, float64, bytes, any-size ints
	Special Kind = "special" // Name: time.Time, uuid.UUID, json.RawMessage, auth.UID, http.Cookie
	Named   Kind = "named"   // a declared type: PkgPath, Name, Args; Underlying holds its shape
	Struct  Kind = "struct"
	Pointer Kind = "pointer"
	Slice   Kind = "slice"
	Array   Kind = "array" // Len
	Map     Kind = "map"
	Option  Kind = "option" // option.Option[Elem]
)

// Type is a Go type as seen in payloads, responses, messages and auth data. Type parameters are already
// substituted. Named types form cycles (a struct may contain a pointer to itself): the same *Type value is used
// for every mention of a named type with the same arguments.
type Type struct {
	Kind       Kind
	Name       string
	PkgPath    string // Named and Special
	PkgName    string
	Args       []*Type // Named: type arguments
	Doc        string  // Named
	Underlying *Type   // Named
	Elem       *Type   // Pointer, Slice, Array, Map, Option
	Key        *Type   // Map
	Len        int64   // Array
	Fields     []*Field
	Enum       []EnumValue // Named over a builtin: its constants in source order
}

// EnumValue is a constant of a named type.
type EnumValue struct {
	Name  string
	Value string // Go literal of the constant: "planned" with quotes for strings, 3 for numbers
	Doc   string
}

// Location says where a field travels.
type Location string

// The locations. Undecided fields go to the query for GET, HEAD and DELETE and to the body otherwise.
const (
	InBody       Location = "body" // explicit or default
	InQuery      Location = "query"
	InHeader     Location = "header"
	InCookie     Location = "cookie"
	InHTTPStatus Location = "httpstatus"
	Dropped      Location = "dropped" // json:"-", unexported
)

// Field is one field of a struct.
type Field struct {
	Name      string // Go name
	Type      *Type
	Doc       string
	Tag       string   // whole raw tag
	Location  Location // from tags alone; InBody when no tag decides
	WireName  string   // header, query or cookie name when Location says so, else the JSON name
	QueryName string   // name when the field travels in the query by default (snake_case of the Go name)
	OmitEmpty bool
	Optional  bool // encore:"optional" or option.Option
	Sensitive bool // encore:"sensitive"
	Pos       Pos
}

// Deref returns the element of a pointer, else t itself. A nil t stays nil.
func (t *Type) Deref() *Type {
	if t != nil && t.Kind == Pointer {
		return t.Elem
	}
	return t
}

// StructFields returns the fields of a (pointer to a) named or plain struct, nil for any other type.
func (t *Type) StructFields() []*Field {
	t = t.Deref()
	if t == nil {
		return nil
	}
	if t.Kind == Named {
		t = t.Underlying
	}
	if t == nil || t.Kind != Struct {
		return nil
	}
	return t.Fields
}
