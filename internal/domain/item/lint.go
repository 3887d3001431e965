package item

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"tongban/internal/kernel/region"
)

// Finding is one breach of a rule of the catalogue. Line is 0 if the finding is about a whole file.
type Finding struct {
	File string
	Line int
	Rule string
	Text string
}

// Path is the file's path inside the catalogue.
func (f Finding) Path() string {
	for _, beside := range []string{overlayRoot + "/", agreementRoot + "/", lawFile} {
		if strings.HasPrefix(f.File, beside) {
			return f.File
		}
	}
	return "items/" + f.File
}

var (
	knownMarks   = []Mark{Confirmed, Likely, Memory, NotAnnex, Sourced, Inferred, Unknown, Unverified}
	annexMarks   = []Mark{Confirmed, Likely, Memory, NotAnnex}
	groundMarks  = []Mark{Sourced, Inferred}
	keyForm      = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)
	codeForm     = regexp.MustCompile(`^(\d{4}|practice)-\d{3}$`)
	spokenTexts  = []string{"list-2020", "list-2022", "list-practice", "mark-row", "mark-mode", "mark-from", "mark-rule", "mark-place", "mark-agreement", "mark-agreement-unsigned", "mark-agreement-demo"}
	refusalTexts = []string{"unknown-item", "unknown-place", "abolished", "not-established", "outside", "no-date", "same-province", "not-yet", "not-yet-onsite", "no-place", "rule-none"}
	problemTexts = []string{"required", "long", "short", "control", "han", "choice", "money", "percent", "date", "region", "unknown"}
)

// Lint checks every rule of the catalogue and gives the breaches by file and line. An empty answer means clean.
func (c *Catalogue) Lint() []Finding {
	l := &linter{c: c, out: slices.Clone(c.findings)}
	l.modes()
	l.shared()
	for _, it := range c.items {
		for i, e := range it.Versions {
			if v, err := c.whole[e.ID](); err != nil {
				l.file = e.ID + ".toml"
				l.say(0, "unreadable", err.Error())
			} else {
				l.version(v)
			}
			if i > 0 {
				l.apart(it.Versions[i-1], e)
			}
		}
	}
	l.file = namesFile
	for _, it := range c.items {
		if it.NameEn == "" {
			l.say(0, "no-english", it.Code)
		}
	}
	l.statutes()
	l.overlays()
	l.agreements()
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return l.out
}

type linter struct {
	c    *Catalogue
	out  []Finding
	file string
	// alone is the text of a file that the catalogue does not hold.
	alone string
}

func (l *linter) say(line int, rule, text string) {
	l.out = append(l.out, Finding{File: l.file, Line: line, Rule: rule, Text: text})
}

// lintRow runs while the row is read, when its line is known.
func (c *Catalogue) lintRow(line int, it Item) {
	find := func(rule, text string) { c.find(rowsFile, line, rule, it.Code+": "+text) }
	if !codeForm.MatchString(it.Code) {
		find("code-form", "a code is list-row, as 2020-030")
	}
	if it.Name == "" || it.Dept == "" || it.Theme == "" {
		find("incomplete-row", "name, theme or lead ministry is empty")
	}
	if it.Marks.Source == "" {
		find("no-source", "the row names no source")
	}
	if len(it.Modes) == 0 {
		find("unknown-mode", "no mode")
	}
	for _, m := range it.Modes {
		if !slices.Contains(rank, m) {
			find("unknown-mode", string(m))
		}
	}
	for _, s := range it.Subject {
		if s != "person" && s != "org" {
			find("unknown-subject", s)
		}
	}
	if len(it.Subject) == 0 {
		find("unknown-subject", "none")
	}
	if !slices.Contains(annexMarks, it.Marks.InAnnex) {
		find("unknown-mark", string(it.Marks.InAnnex))
	}
	if !slices.Contains(groundMarks, it.Marks.ModeBasis) {
		find("unknown-mark", string(it.Marks.ModeBasis))
	}
	if (it.Marks.FromMark == Unknown) != it.From.IsZero() ||
		!slices.Contains(append(groundMarks, Unknown), it.Marks.FromMark) {
		find("unknown-mark", "first day "+it.From.String()+" is marked "+string(it.Marks.FromMark))
	}
}

func (l *linter) modes() {
	l.file = modesFile
	regions, err := region.Default()
	if err != nil {
		l.say(0, "unknown-place", err.Error())
		return
	}
	for _, r := range l.c.rules {
		if !slices.ContainsFunc(l.c.items, func(it Item) bool { return it.Code == r.Item }) {
			l.say(r.line, "unknown-item", "no row has the code "+r.Item)
		}
		for _, p := range slices.Concat(r.Here, r.There) {
			if _, s := regions.Lookup(p); s == region.Unknown {
				l.say(r.line, "unknown-place", string(p))
			}
		}
		for _, m := range r.Modes {
			if m != None && !slices.Contains(rank, m) {
				l.say(r.line, "unknown-mode", string(m))
			}
		}
		if len(r.Modes) == 0 {
			l.say(r.line, "unknown-mode", "no mode; write none if it is barred")
		}
		if r.Basis == "" {
			l.say(r.line, "no-basis", "an area rule names its basis")
		}
		if r.From.IsZero() || (!r.Until.IsZero() && r.Until.Before(r.From)) {
			l.say(r.line, "dates", "an area rule has a first day, and its last day is not before it")
		}
		if !slices.Contains(knownMarks, r.Mark) {
			l.say(r.line, "unknown-mark", string(r.Mark))
		}
	}
}

// shared checks reasons, evidence and texts.
func (l *linter) shared() {
	l.file = reasonsFile
	seen := map[string]bool{}
	for _, r := range l.c.reasons {
		line := l.line("reason", r.Key)
		l.once(seen, line, r.Key)
		l.mark(line, r.Key, r.Mark)
		l.both(line, r.Key, r.Zh, r.En)
		l.both(line, r.Key+" next", r.NextZh, r.NextEn)
		if r.Basis == "" {
			l.say(line, "no-basis", r.Key)
		}
	}
	l.file = proofFile
	seen = map[string]bool{}
	for _, e := range l.c.evidence {
		line := l.line("evidence", e.Key)
		for gives := range e.Face {
			if !slices.Contains(e.Gives, gives) || e.LicenceType == "" {
				l.say(line, "dangling", e.Key+": the face of a licence gives "+gives)
			}
		}
		l.once(seen, line, e.Key)
		l.mark(line, e.Key, e.Mark)
		l.both(line, e.Key, e.Name, e.NameEn)
		if e.Basis == "" {
			l.say(line, "no-basis", e.Key)
		}
	}
	l.file = textsFile
	want := slices.Clone(spokenTexts)
	for _, k := range refusalTexts {
		want = append(want, k, k+"-instead")
	}
	for _, k := range problemTexts {
		want = append(want, "problem-"+k, "problem-"+k+"-fix")
	}
	for _, m := range rank {
		want = append(want, "yes-"+string(m))
	}
	for _, m := range []Mark{Likely, Memory, Inferred, Unknown, Unverified} {
		want = append(want, "marked-"+string(m))
	}
	for _, k := range want {
		if t := l.c.texts[k]; t.Zh == "" || t.En == "" {
			l.say(0, "no-text", k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(l.c.texts)) {
		if t := l.c.texts[k]; !slices.Equal(holes(t.Zh), holes(t.En)) && !strings.HasPrefix(k, "outside") {
			for _, h := range holes(t.En) {
				if !slices.Contains(holes(t.Zh), h) {
					l.say(0, "no-text", k+": "+h+" stands in one language only")
				}
			}
		}
	}
}

var named = regexp.MustCompile(`\{[a-z]+\}`)

func holes(s string) []string {
	h := named.FindAllString(s, -1)
	slices.Sort(h)
	return slices.Compact(h)
}

func (l *linter) once(seen map[string]bool, line int, key string) {
	if key == "" || seen[key] {
		l.say(line, "duplicate-key", key)
	}
	seen[key] = true
}

func (l *linter) mark(line int, key string, m Mark) {
	if m != "" && !slices.Contains(knownMarks, m) {
		l.say(line, "unknown-mark", key+": "+string(m))
	}
}

func (l *linter) both(line int, key, zh, en string) {
	if zh == "" {
		l.say(line, "no-text", key)
	}
	if en == "" {
		l.say(line, "no-english", key)
	}
}

// line finds where the table [[head]] with this key begins; 0 if it cannot be found.
func (l *linter) line(head, key string) int {
	n, begin := 0, 0
	text := l.alone
	if text == "" {
		text = l.c.src[l.file]
	}
	for s := range strings.Lines(text) {
		n++
		s = strings.TrimSpace(s)
		switch {
		case s == "[["+head+"]]":
			begin = n
		case strings.HasPrefix(s, "["):
			begin = 0
		case begin > 0 && s == `key = "`+key+`"`:
			return begin
		}
	}
	return 0
}
