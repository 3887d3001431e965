package document

import (
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"text/template"
	"time"

	"github.com/BurntSushi/toml"

	"tongban/catalogue"
	"tongban/internal/kernel/errs"
)

// Set is the sentences of all kinds, read once. Safe for concurrent use.
type Set struct{ forms map[Kind]*form }

// form is a kind's file after parsing.
type form struct {
	requires []string // names of Data fields that may not be empty
	title    *template.Template
	issuer   *template.Template // who issues when Data.Office is empty
	blocks   []formBlock
}

type formBlock struct {
	when, each    string // names of Data fields
	heading, para *template.Template
	labels        []string
	values        []*template.Template // of fields
	head          []string
	row           []*template.Template
}

// file and fileBlock are the TOML of catalogue/documents/*.toml.
type file struct {
	Title    string      `toml:"title"`
	Issuer   string      `toml:"issuer"`
	Requires []string    `toml:"requires"`
	Block    []fileBlock `toml:"block"`
}

type fileBlock struct {
	When    string      `toml:"when"` // leave the block out if this field is empty
	Each    string      `toml:"each"` // repeat para or row for each element: .N from 1, .V the element, .D the data
	Heading string      `toml:"heading"`
	Para    string      `toml:"para"`
	Fields  [][2]string `toml:"fields"` // a field whose value comes out empty is left out
	Head    []string    `toml:"head"`
	Row     []string    `toml:"row"`
}

// common is common.toml: words for codes, the form of a date, and sentences that several kinds share.
type common struct {
	Date  string            `toml:"date"` // Go layout
	Words map[string]string `toml:"words"`
	Parts map[string]string `toml:"parts"`
}

const folder = "documents"

// Load reads the sentences from a catalogue and tries every one, so that a slip in the data shows at start-up and not at
// a counter; errs.BadCatalogue names the file.
func Load(fsys fs.FS) (*Set, error) {
	var c common
	if err := decodeFile(fsys, "common.toml", &c); err != nil {
		return nil, err
	}
	root := template.New("").Option("missingkey=error").Funcs(template.FuncMap{
		"word": func(s string) string {
			if w, ok := c.Words[s]; ok {
				return w
			}
			return s
		},
		"date": func(s string) (string, error) {
			if s == "" {
				return "", nil
			}
			t, err := time.Parse(time.DateOnly, s)
			return t.Format(c.Date), err
		},
		"join": strings.Join,
		"yuan": func(fen int) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) },
	})
	for name, text := range c.Parts {
		if _, err := root.New(name).Parse(text); err != nil {
			return nil, errs.Wrap(errs.BadCatalogue, err, "common.toml")
		}
	}
	s := &Set{forms: map[Kind]*form{}}
	for _, k := range Kinds() {
		name := string(k) + ".toml"
		var f file
		if err := decodeFile(fsys, name, &f); err != nil {
			return nil, err
		}
		p, err := f.parse(root)
		if err != nil {
			return nil, errs.Wrap(errs.BadCatalogue, err, "%s", name)
		}
		if _, err := p.fill(k, sample()); err != nil {
			return nil, errs.Wrap(errs.BadCatalogue, err, "%s", name)
		}
		s.forms[k] = p
	}
	return s, nil
}

func decodeFile(fsys fs.FS, name string, v any) error {
	b, err := fs.ReadFile(fsys, path.Join(folder, name))
	if err != nil {
		return errs.Wrap(errs.BadCatalogue, err, "documents")
	}
	md, err := toml.Decode(string(b), v)
	if err != nil {
		return errs.Wrap(errs.BadCatalogue, err, "%s", name)
	}
	if extra := md.Undecoded(); len(extra) > 0 {
		return errs.New(errs.BadCatalogue, "%s: unknown key %s", name, extra[0])
	}
	return nil
}

// sample has one element in each list, so that trying a form passes through all its sentences.
func sample() Data {
	return Data{
		Materials: make([]Material, 1), Corrections: make([]Fix, 1), Facts: make([]string, 1), Reasons: make([]string, 1),
		Basis: make([]string, 1), Conditions: make([]string, 1), Face: make([][2]string, 1),
		Charges: make([]Charge, 1), Answers: make([]Answer, 1), Lines: make([]Line, 1),
	}
}

func (f file) parse(root *template.Template) (*form, error) {
	var firstErr error
	tpl := func(text string) *template.Template {
		base, err := root.Clone()
		if err == nil {
			base, err = base.Parse(text)
		}
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return base
	}
	field := func(name string) string {
		if name != "" && !dataField(Data{}, name).IsValid() && firstErr == nil {
			firstErr = errs.New(errs.BadCatalogue, "no field %q", name)
		}
		return name
	}
	p := &form{requires: f.Requires, title: tpl(f.Title), issuer: tpl(f.Issuer)}
	for _, name := range f.Requires {
		field(name)
	}
	for _, b := range f.Block {
		if v := dataField(Data{}, field(b.Each)); v.IsValid() && v.Kind() != reflect.Slice {
			return nil, errs.New(errs.BadCatalogue, "each %q is no list", b.Each)
		}
		out := formBlock{when: field(b.When), each: b.Each, heading: tpl(b.Heading), para: tpl(b.Para), head: b.Head}
		for _, kv := range b.Fields {
			out.labels, out.values = append(out.labels, kv[0]), append(out.values, tpl(kv[1]))
		}
		for _, cell := range b.Row {
			out.row = append(out.row, tpl(cell))
		}
		if len(out.row) != len(out.head) || (len(out.row) > 0 && b.Each == "") {
			return nil, errs.New(errs.BadCatalogue, "table of %d columns and %d cells for each %q", len(out.head), len(out.row), b.Each)
		}
		p.blocks = append(p.blocks, out)
	}
	return p, firstErr
}

func dataField(d Data, name string) reflect.Value { return reflect.ValueOf(d).FieldByName(name) }

var builtIn = sync.OnceValues(func() (*Set, error) { return Load(catalogue.FS) })

// Compose makes a document with the sentences that the binary carries; see Set.Compose.
func Compose(kind Kind, data Data) (Doc, error) {
	s, err := builtIn()
	if err != nil {
		return Doc{}, err
	}
	return s.Compose(kind, data)
}

// wholeID is an identity number that was not masked: 17 digits with a date of birth in the middle, and a check character.
var wholeID = regexp.MustCompile(`^[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])\d{5}[\dXx]$`)

// Compose fills the sentences of kind with data and gives the document its check code. The same data give the same bytes.
// It returns errs.DocumentIncomplete, naming the field, if something is missing that the kind must say.
func (s *Set) Compose(kind Kind, data Data) (Doc, error) {
	f, ok := s.forms[kind]
	if !ok {
		return Doc{}, errs.New(errs.DocumentIncomplete, "no kind %q", kind)
	}
	for _, name := range append([]string{"ID", "CaseNo", "Date", "ApplicantName"}, f.requires...) {
		if dataField(data, name).IsZero() {
			return Doc{}, errs.New(errs.DocumentIncomplete, "%s: %s is empty", kind, name)
		}
	}
	if _, err := time.Parse(time.DateOnly, data.Date); err != nil {
		return Doc{}, errs.Wrap(errs.DocumentIncomplete, err, "%s: Date", kind)
	}
	if wholeID.MatchString(data.ApplicantMaskedID) {
		return Doc{}, errs.New(errs.DocumentIncomplete, "%s: ApplicantMaskedID is not masked", kind)
	}
	d, err := f.fill(kind, data)
	if err != nil {
		return Doc{}, errs.Wrap(errs.DocumentIncomplete, err, "%s", kind)
	}
	if d.Check, err = d.checkCode(); err != nil {
		return Doc{}, err
	}
	d.VerifyPath = verifyPath(d.Check)
	return d, nil
}

func (f *form) fill(kind Kind, data Data) (Doc, error) {
	w := writer{}
	d := Doc{
		ID: data.ID, Kind: kind, No: data.No, Title: w.render(f.title, data), CaseNo: data.CaseNo, Office: data.Office,
		OfficeCode: data.OfficeCode, To: data.ApplicantName, Date: data.Date,
	}
	if d.No == "" {
		d.No = data.CaseNo + "-" + string(kind)
	}
	if d.Office == "" {
		d.Office = w.render(f.issuer, data)
	}
	for _, b := range f.blocks {
		if b.when == "" || !dataField(data, b.when).IsZero() {
			d.Blocks = append(d.Blocks, w.block(b, data)...)
		}
	}
	return d, w.err
}

// writer keeps the first error, so that the sentences can be filled without a check after each.
type writer struct{ err error }

func (w *writer) render(t *template.Template, data any) string {
	var b strings.Builder
	if err := t.Execute(&b, data); err != nil && w.err == nil {
		w.err = err
	}
	return strings.TrimSpace(b.String())
}

// element is what a repeated sentence sees.
type element struct {
	N int
	V any
	D Data
}

func (w *writer) block(b formBlock, data Data) []Block {
	var out []Block
	if h := w.render(b.heading, data); h != "" {
		out = append(out, Block{Heading: h})
	}
	var fields [][2]string
	for i, t := range b.values {
		if v := w.render(t, data); v != "" {
			fields = append(fields, [2]string{b.labels[i], v})
		}
	}
	if len(fields) > 0 {
		out = append(out, Block{Fields: fields})
	}
	if b.each == "" {
		if p := w.render(b.para, data); p != "" {
			out = append(out, Block{Para: p})
		}
		return out
	}
	list, table := dataField(data, b.each), &Table{Head: b.head}
	for i := range list.Len() {
		e := element{N: i + 1, V: list.Index(i).Interface(), D: data}
		if p := w.render(b.para, e); p != "" {
			out = append(out, Block{Para: p})
		}
		var row []string
		for _, cell := range b.row {
			row = append(row, w.render(cell, e))
		}
		if row != nil {
			table.Rows = append(table.Rows, row)
		}
	}
	if len(table.Rows) > 0 {
		out = append(out, Block{Table: table})
	}
	return out
}
