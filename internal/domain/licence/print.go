package licence

// Print is a licence as it stands on paper. Its words come from the caller, so that every writer carries the same text.
type Print struct {
	Title  string
	Rows   []Field  // label and value; Key is not used
	Foot   []string // office, date, and how to check it
	Verify string   // address in the code
}

// Lines is all text of the print in order, one entry for each label, value and line of the foot.
func (p Print) Lines() []string {
	out := []string{p.Title}
	for _, r := range p.Rows {
		out = append(out, r.Label, r.Value)
	}
	return append(out, p.Foot...)
}
