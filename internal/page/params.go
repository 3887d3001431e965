package page

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// ButtonParams describes a button or a link that looks like one.
type ButtonParams struct {
	Text, Name, Value, ID string
	Type                  string // "" is submit
	Href                  string // makes it a link
	Kind                  string // "" primary, secondary, warning, inverse
	Classes               string
	Disabled, Once        bool // Once ignores a second click
	Start                 bool // the big one that begins a matter
	Attrs                 templ.Attributes
}

// InputParams describes one line of text. ID defaults to Name.
type InputParams struct {
	Name, ID, Label, LabelClass string
	Heading                     bool // the label is the page's h1
	Hint, Error, Value          string
	Type                        string // "" is text
	InputMode, Autocomplete     string
	Autocapitalize, Pattern     string
	Prefix, Suffix              string
	DescribedBy, Classes        string
	GroupClasses                string
	Spellcheck                  string // "", true, false
	Disabled                    bool
	Attrs                       templ.Attributes
}

// TextareaParams describes several lines of text.
type TextareaParams struct {
	Name, ID, Label, LabelClass string
	Heading                     bool
	Hint, Error, Value          string
	Autocomplete                string
	DescribedBy, Classes        string
	GroupClasses                string
	Spellcheck                  string
	Rows                        int // 0 is 5
	Disabled                    bool
	Attrs                       templ.Attributes
}

// FileUploadParams describes a file field.
type FileUploadParams struct {
	Name, ID, Label, LabelClass string
	Heading                     bool
	Hint, Error                 string
	Accept                      string // media types, comma separated
	Capture                     string // environment opens the camera on a phone
	DescribedBy, Classes        string
	GroupClasses                string
	Multiple, Disabled          bool
	Attrs                       templ.Attributes
}

// Choice is one radio, box or option.
type Choice struct {
	Value, Text, Hint string
	ID                string
	Name              string // boxes only: another name than the group's
	Divider           string // a word between choices instead of a choice
	Behaviour         string // boxes only: "exclusive"
	Checked, Disabled bool
	Conditional       templ.Component // asked only with this choice; always visible without script
	Attrs             templ.Attributes
}

// ChoiceParams describes radios or boxes. Without Legend there is no fieldset.
type ChoiceParams struct {
	Name, ID            string // ID is the prefix, Name by default
	Legend, LegendClass string
	Heading             bool
	Hint, Error         string
	Value               string   // the chosen radio
	Values              []string // the chosen boxes
	DescribedBy         string
	Classes             string // govuk-radios--inline, --small
	GroupClasses        string
	FieldsetClasses     string
	Items               []Choice
	Attrs               templ.Attributes
}

// SelectParams describes a drop-down list; Choice.Checked selects.
type SelectParams struct {
	Name, ID, Label, LabelClass string
	Heading                     bool
	Hint, Error, Value          string
	DescribedBy, Classes        string
	GroupClasses                string
	Disabled                    bool
	Items                       []Choice
	Attrs                       templ.Attributes
}

// DateInputParams describes a date as year, month and day; fields are named Name-year, Name-month and Name-day.
type DateInputParams struct {
	Name, Legend, LegendClass string
	Heading                   bool
	Hint, Error               string
	Year, Month, Day          string
	BadYear, BadMonth, BadDay bool // marks single parts; none marked with Error set marks all
	Birth                     bool // offers the reader's birthday to the browser's autofill
	GroupClasses              string
}

func (p DateInputParams) bad(part bool) bool {
	if p.Error == "" {
		return false
	}
	return part || (!p.BadYear && !p.BadMonth && !p.BadDay)
}

// FieldError is one line of an error summary; Field is the id to jump to.
type FieldError struct{ Field, Text string }

// AnswerPrefix stands before the key of a yes-no question in an address, and y or n behind it: what was answered in a guide goes
// along to the application.
const AnswerPrefix = "a-"

// ForKin stands, in an address, before the id of the mandate by which somebody acts for another person.
const ForKin = "kin-"

// Row is a line of a summary list with where its value comes from.
type Row struct {
	Key, Value string
	Content    templ.Component // instead of Value
	Source     string          // who gave the value; "" is the applicant
	At         string          // when, as people read it
	WrongHref  string          // 信息不对
	Actions    []Action
	Classes    string
}

// Action is a link whose purpose is completed by hidden words: 更改(姓名).
type Action struct {
	Href, Text, Hidden string
	Attrs              templ.Attributes
}

// Cell is one field of a table.
type Cell struct {
	Text       string
	Content    templ.Component
	Numeric    bool
	Classes    string
	Cols, Rows int // spans
	Attrs      templ.Attributes
}

// TableParams describes a table.
type TableParams struct {
	Caption, CaptionClass string
	Head                  []Cell
	Rows                  [][]Cell
	FirstIsHeader         bool
	Classes               string
	Attrs                 templ.Attributes
}

// Task is one line of a task list.
type Task struct {
	Title, Hint, Href string
	Status            string
	Tone              Tone // "" shows the status as plain words
	Locked            bool
}

// Event is one thing that happened to a case.
type Event struct {
	When, What string // When as people read it
	DateTime   string // RFC 3339, for machines
	Where, Who string
	Note       string
	Next       bool // has not happened yet
}

// Place is one end of a matter: 尚志 · 已收件.
type Place struct {
	Name, Role string // Role: 收件, 办理
	State      string
	Active     bool // the case is here now
	Done       bool
}

// Due is until when, in words that do not need the colour.
type Due struct {
	Date, Words string // 11 月 26 日（周四）, 剩 3 个工作日
	Tone        Tone   // ToneWarn is soon, ToneError is over
}

// Identity is the bar that says which case is open.
type Identity struct {
	No, Matter, Applicant, Holder string
	Mode                          string
	Due                           Due
	Status                        Status
}

// Pager is where the pages of a list are.
type Pager struct {
	Previous, Next string
	Items          []PagerItem
}

// PagerItem is one page; Gap is an ellipsis.
type PagerItem struct {
	Href    string
	N       int
	Current bool
	Gap     bool
}

// Tone is the colour of a tag or a label; words carry the meaning.
type Tone string

// The tones.
const (
	ToneGrey   Tone = "grey"
	ToneBlue   Tone = "blue"
	ToneTeal   Tone = "teal"
	TonePurple Tone = "purple"
	ToneOK     Tone = "green"
	ToneWarn   Tone = "yellow"
	ToneError  Tone = "red"
)

// Status is one of the nine words a citizen sees.
type Status string

// The closed list.
const (
	Draft      Status = "draft"
	Submitted  Status = "submitted"
	Accepted   Status = "accepted"
	Correction Status = "correction"
	Handling   Status = "handling"
	Verifying  Status = "verifying"
	Done       Status = "done"
	Refused    Status = "refused"
	Withdrawn  Status = "withdrawn"
)

// Tone is the status's colour. Red is kept for what the reader must do.
func (s Status) Tone() Tone {
	switch s {
	case Done:
		return ToneOK
	case Correction:
		return ToneError
	case Verifying:
		return TonePurple
	case Submitted, Accepted, Handling:
		return ToneBlue
	case Draft, Refused, Withdrawn:
		return ToneGrey
	}
	return ToneGrey
}

// join joins what is not empty by spaces.
func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, " ")
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func iff(cond bool, s string) string {
	if cond {
		return s
	}
	return ""
}

// describe lists the ids a field is described by.
func describe(own, id, hint, err string) string {
	return join(own, iff(hint != "", id+"-hint"), iff(err != "", id+"-error"))
}

// nth is the id of the i-th choice; the first has no number, so that an error can lead to it.
func nth(prefix string, c Choice, i int) string {
	switch {
	case c.ID != "":
		return c.ID
	case i == 0:
		return prefix
	}
	return prefix + "-" + strconv.Itoa(i+1)
}

// groupNo splits a case number for reading aloud: at its hyphens, else a number of 10 or more signs by fours.
func groupNo(no string) []string {
	if parts := strings.Split(no, "-"); len(parts) > 1 {
		for i := range parts[:len(parts)-1] {
			parts[i] += "-"
		}
		return parts
	}
	if len(no) < 10 {
		return []string{no}
	}
	var parts []string
	for len(no) > 4 {
		parts, no = append(parts, no[:4]), no[4:]
	}
	return append(parts, no)
}
