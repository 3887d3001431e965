package item

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/region"
	"tongban/internal/kernel/workday"
)

// Load reads a catalogue of items from fsys: items.tsv, names_en.tsv, aliases.tsv, modes.tsv, evidence.toml, reasons.toml,
// texts.toml and CODE/DATE.toml. It returns errs.CatalogueBroken with file and line for what cannot be read; what can be
// read but breaks a rule is left to Lint.
func Load(fsys fs.FS) (*Catalogue, error) {
	c, err := loadItems(fsys)
	if err != nil {
		return nil, err
	}
	return c, c.readAll()
}

// Open reads a whole catalogue: its folder items as Load does, and beside it law.tsv, overlays and agreements.
func Open(fsys fs.FS) (*Catalogue, error) {
	c, err := heads(fsys)
	if err != nil {
		return nil, err
	}
	return c, c.readAll()
}

// heads is Open without reading the definitions, which are read when they are first asked for.
func heads(fsys fs.FS) (*Catalogue, error) {
	sub, err := fs.Sub(fsys, "items")
	if err != nil {
		return nil, errs.Wrap(errs.CatalogueBroken, err, "items")
	}
	c, err := loadItems(sub)
	if err != nil {
		return nil, err
	}
	return c, errors.Join(c.loadStatutes(fsys), c.loadOverlays(fsys), c.loadAgreements(fsys))
}

func (c *Catalogue) readAll() error {
	for _, it := range c.items {
		for _, e := range it.Versions {
			if _, err := c.whole[e.ID](); err != nil {
				return err
			}
		}
	}
	return nil
}

func loadItems(fsys fs.FS) (*Catalogue, error) {
	c := &Catalogue{
		byKey: map[string]int{}, texts: map[string]text{}, src: map[string]string{},
		whole: map[string]func() (Version, error){}, byDigest: map[string]func() (Version, error){},
	}
	if err := errors.Join(c.loadRows(fsys), c.loadNames(fsys), c.loadAliases(fsys), c.loadModes(fsys)); err != nil {
		return nil, err
	}
	var ev struct{ Evidence []Evidence }
	var re struct{ Reason []Reason }
	err := errors.Join(c.toml(fsys, "texts.toml", &c.texts), c.toml(fsys, "evidence.toml", &ev), c.toml(fsys, "reasons.toml", &re))
	if err != nil {
		return nil, err
	}
	c.evidence, c.reasons = ev.Evidence, re.Reason
	files, err := fs.Glob(fsys, "*/*.toml") // sorted, so versions come oldest first
	if err != nil {
		return nil, errs.Wrap(errs.CatalogueBroken, err, "listing definitions")
	}
	for _, f := range files {
		if err := c.loadHead(fsys, f); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Catalogue) find(file string, line int, rule, text string) {
	c.findings = append(c.findings, Finding{File: file, Line: line, Rule: rule, Text: text})
}

// read keeps the text, so that findings can name a line.
func (c *Catalogue) read(fsys fs.FS, file string) ([]byte, error) {
	b, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, errs.Wrap(errs.CatalogueBroken, err, "%s", file)
	}
	c.src[file] = string(b)
	return b, nil
}

// table calls row for each line of a tab-separated file below its heading, with the cells by heading.
func (c *Catalogue) table(fsys fs.FS, file string, heading []string, row func(line int, cell map[string]string) error) error {
	b, err := c.read(fsys, file)
	if err != nil {
		return err
	}
	n := 0
	for l := range strings.Lines(string(b)) {
		n++
		cells := strings.Split(strings.TrimRight(l, "\r\n"), "\t")
		if n == 1 {
			if !slices.Equal(cells, heading) {
				return errs.New(errs.CatalogueBroken, "%s:1: heading is not %s", file, strings.Join(heading, " "))
			}
			continue
		}
		if len(cells) != len(heading) {
			return errs.New(errs.CatalogueBroken, "%s:%d: %d cells instead of %d", file, n, len(cells), len(heading))
		}
		m := make(map[string]string, len(cells))
		for i, h := range heading {
			m[h] = strings.TrimSpace(cells[i])
		}
		if err := row(n, m); err != nil {
			return errs.Wrap(errs.CatalogueBroken, err, "%s:%d", file, n)
		}
	}
	return nil
}

func (c *Catalogue) toml(fsys fs.FS, file string, into any) error {
	b, err := c.read(fsys, file)
	if err != nil {
		return err
	}
	return decode(file, string(b), into)
}

// decode reads TOML strictly: an unknown key is an error, not a silence.
func decode(file, src string, into any) error {
	meta, err := toml.Decode(src, into)
	if err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "%s", file)
	}
	if u := meta.Undecoded(); len(u) > 0 {
		return errs.New(errs.CatalogueBroken, "%s: unknown key %s", file, u[0])
	}
	return nil
}

const (
	rowsFile    = "items.tsv"
	namesFile   = "names_en.tsv"
	aliasFile   = "aliases.tsv"
	modesFile   = "modes.tsv"
	textsFile   = "texts.toml"
	reasonsFile = "reasons.toml"
	proofFile   = "evidence.toml"
)

func (c *Catalogue) loadRows(fsys fs.FS) error {
	heading := strings.Fields("code name subject theme scenario modes mode_text dept due from from_mark in_annex annex_detail mode_basis note source")
	return c.table(fsys, rowsFile, heading, func(n int, m map[string]string) error {
		from, err := date(m["from"])
		if err != nil {
			return err
		}
		it := Item{
			Code: m["code"], Name: m["name"], Subject: list(m["subject"]), Theme: m["theme"], Scenario: m["scenario"],
			Dept: m["dept"], Modes: bestFirst(modes(m["modes"])), ModeText: m["mode_text"], Due: m["due"], From: from,
			Note: m["note"],
			Marks: Provenance{
				InAnnex: Mark(m["in_annex"]), Detail: m["annex_detail"], ModeBasis: Mark(m["mode_basis"]),
				FromMark: Mark(m["from_mark"]), Source: m["source"],
			},
		}
		c.lintRow(n, it)
		c.items = append(c.items, it)
		i := len(c.items) - 1
		c.name(rowsFile, n, "duplicate-code", it.Code, i)
		c.name(rowsFile, n, "duplicate-name", it.Name, i)
		return nil
	})
}

// name makes key lead to item i; the first comer keeps a key that stands twice.
func (c *Catalogue) name(file string, line int, rule, key string, i int) {
	if _, taken := c.byKey[key]; taken {
		c.find(file, line, rule, key+" already names another item")
		return
	}
	c.byKey[key] = i
}

func (c *Catalogue) loadAliases(fsys fs.FS) error {
	return c.table(fsys, aliasFile, []string{"alias", "code", "note"}, func(n int, m map[string]string) error {
		i := slices.IndexFunc(c.items, func(it Item) bool { return it.Code == m["code"] })
		if i < 0 {
			c.find(aliasFile, n, "unknown-item", "no row has the code "+m["code"])
			return nil
		}
		c.items[i].Aliases = append(c.items[i].Aliases, m["alias"])
		c.name(aliasFile, n, "duplicate-alias", m["alias"], i)
		return nil
	})
}

func (c *Catalogue) loadModes(fsys fs.FS) error {
	heading := strings.Fields("item modes here there from until basis mark note")
	return c.table(fsys, modesFile, heading, func(n int, m map[string]string) error {
		here, err1 := areas(m["here"])
		there, err2 := areas(m["there"])
		from, err3 := date(m["from"])
		until, err4 := date(m["until"])
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return err
		}
		c.rules = append(c.rules, ModeRule{
			Item: m["item"], Modes: bestFirst(modes(m["modes"])), Here: here, There: there, From: from, Until: until,
			Basis: m["basis"], Mark: Mark(m["mark"]), Note: m["note"], line: n,
		})
		return nil
	})
}

// loadNames gives the rows their English names.
func (c *Catalogue) loadNames(fsys fs.FS) error {
	return c.table(fsys, namesFile, []string{"code", "name_en"}, func(n int, m map[string]string) error {
		i := slices.IndexFunc(c.items, func(it Item) bool { return it.Code == m["code"] })
		switch {
		case i < 0:
			c.find(namesFile, n, "unknown-item", "no row has the code "+m["code"])
		case c.items[i].NameEn != "":
			c.find(namesFile, n, "duplicate-code", m["code"])
		default:
			c.items[i].NameEn = m["name_en"]
		}
		return nil
	})
}

// loadHead notes that a definition exists. Reading a whole definition takes milliseconds, its head microseconds; a process
// starts with the heads and reads what it is asked for.
func (c *Catalogue) loadHead(fsys fs.FS, file string) error {
	b, err := c.read(fsys, file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	e := Edition{ID: strings.TrimSuffix(file, ".toml"), Digest: hex.EncodeToString(sum[:])}
	head := string(b)
	if i := strings.Index(head, "\n["); i >= 0 {
		head = head[:i]
	}
	var f struct {
		Title   string       `toml:"title"`
		TitleEn string       `toml:"title_en"`
		From    workday.Date `toml:"from"`
		Until   workday.Date `toml:"until"`
	}
	if _, err := toml.Decode(head, &f); err != nil {
		return errs.Wrap(errs.CatalogueBroken, err, "%s", file)
	}
	e.Title, e.TitleEn, e.From, e.Until = f.Title, f.TitleEn, f.From, f.Until
	code := path.Dir(file)
	i := slices.IndexFunc(c.items, func(it Item) bool { return it.Code == code })
	if i < 0 {
		c.find(file, 0, "unknown-item", "no row has the code "+code)
		return nil
	}
	read := sync.OnceValues(func() (Version, error) { return c.loadVersion(file, e.Digest) })
	c.whole[e.ID], c.byDigest[e.Digest] = read, read
	c.items[i].Versions = append(c.items[i].Versions, e)
	return nil
}

func (c *Catalogue) loadVersion(file, digest string) (Version, error) {
	type limitRow struct {
		Key        string    `toml:"key"`
		Kind       LimitKind `toml:"kind"`
		Leg        string    `toml:"leg"`
		Start      string    `toml:"start"`
		Spot       bool      `toml:"spot"`
		Length     length    `toml:"length"`
		Promised   length    `toml:"promised"`
		Extend     length    `toml:"extend"`
		ExtendWith string    `toml:"extend_with"`
		Stops      []string  `toml:"stops"`
		Silence    string    `toml:"silence"`
		Basis      string    `toml:"basis"`
		Mark       Mark      `toml:"mark"`
	}
	type waitRow struct {
		Key    string `toml:"key"`
		Text   string `toml:"text"`
		TextEn string `toml:"text_en"`
		Start  string `toml:"start"`
		Length length `toml:"length"`
		Basis  string `toml:"basis"`
	}
	var f struct {
		Title       string             `toml:"title"`
		TitleEn     string             `toml:"title_en"`
		From        workday.Date       `toml:"from"`
		Until       workday.Date       `toml:"until"`
		Source      string             `toml:"source"`
		Reach       []string           `toml:"reach"`
		Basis       []Basis            `toml:"basis"`
		Visits      map[Mode]int       `toml:"visits"`
		Questions   []Question         `toml:"questions"`
		Form        Form               `toml:"form"`
		Materials   []Material         `toml:"materials"`
		Plan        map[Mode][]LegPlan `toml:"plan"`
		Limits      []limitRow         `toml:"limits"`
		Waits       []waitRow          `toml:"waits"`
		Corrections Corrections        `toml:"corrections"`
		Checklist   []Check            `toml:"checklist"`
		Refusals    []Refusal          `toml:"refusals"`
		Result      Result             `toml:"result"`
		Fee         Fee                `toml:"fee"`
		Assurance   Assurance          `toml:"assurance"`
	}
	if err := decode(file, c.src[file], &f); err != nil {
		return Version{}, err
	}
	v := Version{
		ID: strings.TrimSuffix(file, ".toml"), Item: path.Dir(file), Title: f.Title, TitleEn: f.TitleEn, Source: f.Source,
		From: f.From, Until: f.Until, Basis: f.Basis, Reach: f.Reach, Form: f.Form, Materials: f.Materials, Plan: f.Plan,
		Corrections: f.Corrections, Checklist: f.Checklist, Refusals: f.Refusals, Result: f.Result, Fee: f.Fee, Assurance: f.Assurance,
		Visits: f.Visits, Questions: f.Questions, Digest: digest,
	}
	for _, w := range f.Waits {
		v.Waits = append(v.Waits, Wait{w.Key, w.Text, w.TextEn, w.Start, w.Length.Limit, w.Basis})
	}
	for _, l := range f.Limits {
		v.Limits = append(v.Limits, LimitRule{
			Key: l.Key, Kind: l.Kind, Leg: l.Leg, Start: l.Start, Spot: l.Spot, Length: l.Length.Limit,
			Promised: l.Promised.Limit, Extend: l.Extend.Limit, ExtendWith: l.ExtendWith, Stops: l.Stops,
			Silence: l.Silence, Basis: l.Basis, Mark: l.Mark,
		})
	}
	return v, nil
}

// length is a limit in a definition file: "3wd" is 3 working days, "30d" 30 days.
type length struct{ workday.Limit }

// UnmarshalText reads the short form.
func (l *length) UnmarshalText(b []byte) error {
	n, unit := 0, strings.TrimLeft(string(b), "0123456789")
	digits := strings.TrimSuffix(string(b), unit)
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	l.Limit = workday.Limit{N: n, Unit: workday.WorkingDays}
	switch {
	case digits == "" || len(digits) > 4:
		return errs.New(errs.CatalogueBroken, "limit %q is not like 3wd or 30d", b)
	case unit == "d":
		l.Unit = workday.CalendarDays
	case unit != "wd":
		return errs.New(errs.CatalogueBroken, "limit %q is not like 3wd or 30d", b)
	}
	return nil
}

// MarshalText writes the short form; a length that is not set has none.
func (l length) MarshalText() ([]byte, error) { return []byte(ShortLimit(l.Limit)), nil }

// date reads YYYY-MM-DD, "" as no date.
func date(s string) (workday.Date, error) {
	var d workday.Date
	err := d.UnmarshalText([]byte(s))
	return d, err
}

func list(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func modes(s string) []Mode {
	var out []Mode
	for _, m := range list(s) {
		out = append(out, Mode(m))
	}
	return out
}

// areas reads codes, comma between them; "*" is everywhere.
func areas(s string) ([]region.Code, error) {
	if s == "*" {
		return nil, nil
	}
	var out []region.Code
	for _, p := range list(s) {
		c, err := region.Parse(p)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	if out == nil {
		return nil, errs.New(errs.CatalogueBroken, "no area; write * for everywhere")
	}
	return out, nil
}
