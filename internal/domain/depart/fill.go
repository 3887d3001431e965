package depart

import (
	"slices"
	"strings"
	"time"

	"tongban/internal/domain/casefile"
	"tongban/internal/domain/item"
	"tongban/internal/kernel/errs"
	"tongban/internal/kernel/workday"
)

// Task is a case as it is given to a system: under the system's own names, nothing of it to be typed there.
type Task struct {
	ID        string            `json:"id"` // the same on every try: a system takes it once
	System    string            `json:"system"`
	Office    string            `json:"office"` // 统一社会信用代码
	Case      string            `json:"case"`   // public number
	Item      string            `json:"item"`   // code
	Received  time.Time         `json:"received"`
	Due       *workday.Date     `json:"due,omitempty"` // last day of the limit that runs, Asia/Shanghai
	Fields    map[string]string `json:"fields"`
	Materials []Material        `json:"materials"`
}

// Material is one material of a Task.
type Material struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Source string `json:"source"` // elicence | shared | generated | promise | upload
	Files  []File `json:"files,omitempty"`
}

// File is a file of a material; N is its number in the address where it can be fetched.
type File struct {
	N    int    `json:"n"`
	Name string `json:"name"`
	Type string `json:"type"`
	Size int64  `json:"size"`
}

// sources are what every case holds, beside its answers.
var sources = map[string]func(c casefile.Case) string{
	"case.no":           func(c casefile.Case) string { return string(c.No) },
	"case.item":         func(c casefile.Case) string { return c.Item },
	"case.here":         func(c casefile.Case) string { return string(c.Here) },
	"case.there":        func(c casefile.Case) string { return string(c.There) },
	"case.lodged":       func(c casefile.Case) string { return c.Lodged.UTC().Format(time.RFC3339) },
	"applicant.name":    func(c casefile.Case) string { return c.Private.Applicant.Name },
	"applicant.id_type": func(c casefile.Case) string { return string(c.Private.Applicant.IDType) },
	"applicant.id_no":   func(c casefile.Case) string { return c.Private.Applicant.IDNo },
	"applicant.phone":   func(c casefile.Case) string { return c.Private.Applicant.Phone },
	"org.name": func(c casefile.Case) string {
		if c.Private.Org == nil {
			return ""
		}
		return c.Private.Org.Name
	},
	"org.uscc": func(c casefile.Case) string {
		if c.Private.Org == nil {
			return ""
		}
		return string(c.Private.Org.USCC)
	},
}

func known(from string) bool {
	kind, key, ok := strings.Cut(from, ".")
	return sources[from] != nil || ok && key != "" && (kind == "answer" || kind == "said")
}

func value(c casefile.Case, from string) string {
	if f := sources[from]; f != nil {
		return f(c)
	}
	kind, key, _ := strings.Cut(from, ".")
	if kind == "said" {
		said, answered := c.Private.Said[key]
		switch {
		case !answered:
			return ""
		case said:
			return "true"
		}
		return "false"
	}
	return c.Private.Answers[key]
}

// Fill writes a case as the system wants it. errs.SystemFieldEmpty names what it needs and the case does not hold.
func (s System) Fill(w Work, c casefile.Case) (Task, error) {
	t := Task{
		ID: w.ID, System: s.Key, Office: w.Office, Case: string(c.No), Item: c.Item, Received: w.At, Fields: map[string]string{},
		Materials: []Material{},
	}
	if due, ok := c.Due(); ok {
		t.Due = &due.On
	}
	for _, f := range s.Fields {
		v := value(c, f.From)
		if v == "" && f.Need {
			return Task{}, errs.New(errs.SystemFieldEmpty, "%s of %s", f.From, c.No)
		}
		if v != "" {
			t.Fields[f.To] = v
		}
	}
	n := 0
	for _, m := range c.Private.Materials {
		out := Material{Key: m.Key, Name: m.Name, Source: m.Source}
		for _, f := range m.Files {
			out.Files = append(out.Files, File{N: n, Name: f.Name, Type: f.Type, Size: f.Size})
			n++
		}
		t.Materials = append(t.Materials, out)
	}
	return t, nil
}

// Sent lists what a Task tells, by our names, for the log of who was given what.
func (s System) Sent(c casefile.Case) []string {
	var out []string
	for _, f := range s.Fields {
		if value(c, f.From) != "" {
			out = append(out, f.From)
		}
	}
	slices.Sort(out)
	return out
}

// Leg is the deciding leg of a case while there is something to decide here: held, and not on its way.
func Leg(c casefile.Case) (casefile.Leg, bool) {
	l, ok := c.LegOf(item.Decide)
	open := l.State == casefile.Received || l.State == casefile.Accepted || l.State == casefile.Suspended
	return l, ok && open && l.Transit == nil && l.Holder == l.Node
}
