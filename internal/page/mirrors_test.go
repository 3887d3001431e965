package page

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// The options that our typed parameters can express; a fixture with any other option is not compared.
type (
	fxText  struct{ Text, HTML, Classes string }
	fxLabel struct {
		Text, Classes string
		IsPageHeading bool
	}
	fxGroup struct{ Classes string }
	fxAttrs map[string]string
	fxField struct {
		Name, ID, Value, Classes, DescribedBy, Autocomplete string
		Type, Inputmode, Autocapitalize, Pattern            string
		Rows                                                int
		Label                                               fxLabel
		Hint, ErrorMessage                                  *struct{ Text string }
		Prefix, Suffix                                      *struct{ Text string }
		FormGroup                                           fxGroup
		Disabled, Multiple                                  bool
		Spellcheck                                          *bool
		Attributes                                          fxAttrs
		Items                                               []fxOption
	}
	fxOption struct {
		Value      *string
		Text       string
		Selected   *bool
		Disabled   bool
		Attributes fxAttrs
	}
	fxChoice struct {
		Name, IDPrefix, Classes, Value string
		Values                         []string
		Hint, ErrorMessage             *struct{ Text string }
		FormGroup                      fxGroup
		Attributes                     fxAttrs
		Fieldset                       *struct {
			Legend               fxLabel
			Classes, DescribedBy string
		}
		Items []struct {
			Value, Text, ID, Name, Divider, Behaviour string
			Hint                                      *struct{ Text string }
			Checked                                   *bool
			Disabled                                  bool
			Conditional                               *struct{ HTML string }
			Attributes                                fxAttrs
		}
	}
)

func (a fxAttrs) templ() templ.Attributes {
	out := templ.Attributes{}
	for k, v := range a {
		out[k] = v
	}
	return out
}

func textOf(p *struct{ Text string }) string {
	if p == nil {
		return ""
	}
	return p.Text
}

func strict[T any](raw json.RawMessage, build func(T) templ.Component) templ.Component {
	var o T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if d.Decode(&o) != nil {
		return nil
	}
	return build(o)
}

func spell(b *bool) string {
	switch {
	case b == nil:
		return ""
	case *b:
		return "true"
	}
	return "false"
}

func within(c templ.Component, text, html string) templ.Component {
	child := templ.Raw(cmp.Or(html, templ.EscapeString(text)))
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, child), w)
	})
}

func choiceParams(o fxChoice) (ChoiceParams, bool) {
	p := ChoiceParams{
		Name: o.Name, ID: o.IDPrefix, Classes: o.Classes, Value: o.Value, Values: o.Values, Hint: textOf(o.Hint), Error: textOf(o.ErrorMessage),
		GroupClasses: o.FormGroup.Classes, Attrs: o.Attributes.templ(),
	}
	if o.Fieldset != nil {
		if o.Fieldset.Legend.Text == "" {
			return p, false
		}
		p.Legend, p.LegendClass, p.Heading = o.Fieldset.Legend.Text, o.Fieldset.Legend.Classes, o.Fieldset.Legend.IsPageHeading
		p.FieldsetClasses, p.DescribedBy = o.Fieldset.Classes, o.Fieldset.DescribedBy
	}
	for _, i := range o.Items {
		c := Choice{Value: i.Value, Text: i.Text, ID: i.ID, Name: i.Name, Divider: i.Divider, Behaviour: i.Behaviour, Hint: textOf(i.Hint), Disabled: i.Disabled, Attrs: i.Attributes.templ()}
		if i.Checked != nil {
			if !*i.Checked && (o.Value == i.Value || slices.Contains(o.Values, i.Value)) {
				return p, false
			}
			c.Checked = *i.Checked
		}
		if i.Text == "" && i.Divider == "" {
			return p, false
		}
		if i.Conditional != nil && i.Conditional.HTML != "" {
			c.Conditional = templ.Raw(i.Conditional.HTML)
		}
		p.Items = append(p.Items, c)
	}
	return p, p.Name != ""
}

// mirrors builds our component from a fixture's options, or nil if they cannot be expressed.
var mirrors = map[string]func(json.RawMessage) templ.Component{
	"button": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			Text, Href, Type, Name, Value, ID, Classes string
			Disabled, IsStartButton                    bool
			PreventDoubleClick                         *bool
			Attributes                                 fxAttrs
		},
		) templ.Component {
			if o.Text == "" || o.Href != "" && (o.Type != "" || o.Name != "" || o.Disabled) || o.PreventDoubleClick != nil && !*o.PreventDoubleClick {
				return nil
			}
			return Button(ButtonParams{
				Text: o.Text, Href: o.Href, Type: o.Type, Name: o.Name, Value: o.Value, ID: o.ID, Classes: o.Classes, Disabled: o.Disabled,
				Start: o.IsStartButton, Once: o.PreventDoubleClick != nil, Attrs: o.Attributes.templ(),
			})
		})
	},
	"input": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxField) templ.Component {
			if o.Name == "" || o.Label.Text == "" {
				return nil
			}
			return Input(InputParams{
				Name: o.Name, ID: o.ID, Label: o.Label.Text, LabelClass: o.Label.Classes, Heading: o.Label.IsPageHeading, Hint: textOf(o.Hint), Error: textOf(o.ErrorMessage),
				Value: o.Value, Type: o.Type, InputMode: o.Inputmode, Autocomplete: o.Autocomplete, Autocapitalize: o.Autocapitalize, Pattern: o.Pattern, Prefix: textOf(o.Prefix), Suffix: textOf(o.Suffix),
				DescribedBy: o.DescribedBy, Classes: o.Classes, GroupClasses: o.FormGroup.Classes, Spellcheck: spell(o.Spellcheck), Disabled: o.Disabled, Attrs: o.Attributes.templ(),
			})
		})
	},
	"textarea": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxField) templ.Component {
			if o.Name == "" || o.Label.Text == "" {
				return nil
			}
			return Textarea(TextareaParams{
				Name: o.Name, ID: o.ID, Label: o.Label.Text, LabelClass: o.Label.Classes, Heading: o.Label.IsPageHeading, Hint: textOf(o.Hint), Error: textOf(o.ErrorMessage), Value: o.Value,
				Autocomplete: o.Autocomplete, DescribedBy: o.DescribedBy, Classes: o.Classes, GroupClasses: o.FormGroup.Classes, Spellcheck: spell(o.Spellcheck), Rows: o.Rows, Disabled: o.Disabled, Attrs: o.Attributes.templ(),
			})
		})
	},
	"file-upload": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxField) templ.Component {
			if o.Name == "" || o.Label.Text == "" || o.Value != "" {
				return nil
			}
			return FileUpload(FileUploadParams{
				Name: o.Name, ID: o.ID, Label: o.Label.Text, LabelClass: o.Label.Classes, Heading: o.Label.IsPageHeading, Hint: textOf(o.Hint), Error: textOf(o.ErrorMessage),
				DescribedBy: o.DescribedBy, Classes: o.Classes, GroupClasses: o.FormGroup.Classes, Multiple: o.Multiple, Disabled: o.Disabled, Attrs: o.Attributes.templ(),
			})
		})
	},
	"select": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxField) templ.Component {
			p := SelectParams{
				Name: o.Name, ID: o.ID, Label: o.Label.Text, LabelClass: o.Label.Classes, Heading: o.Label.IsPageHeading, Hint: textOf(o.Hint), Error: textOf(o.ErrorMessage), Value: o.Value,
				DescribedBy: o.DescribedBy, Classes: o.Classes, GroupClasses: o.FormGroup.Classes, Disabled: o.Disabled, Attrs: o.Attributes.templ(),
			}
			for _, i := range o.Items {
				if i.Value == nil || i.Selected != nil && !*i.Selected && o.Value == *i.Value {
					return nil
				}
				p.Items = append(p.Items, Choice{Value: *i.Value, Text: i.Text, Checked: i.Selected != nil && *i.Selected, Disabled: i.Disabled, Attrs: i.Attributes.templ()})
			}
			if o.Name == "" || o.Label.Text == "" {
				return nil
			}
			return Select(p)
		})
	},
	"radios": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxChoice) templ.Component {
			if p, ok := choiceParams(o); ok {
				return Radios(p)
			}
			return nil
		})
	},
	"checkboxes": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o fxChoice) templ.Component {
			if p, ok := choiceParams(o); ok {
				return Checkboxes(p)
			}
			return nil
		})
	},
	"error-summary": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			TitleText, DescriptionText string
			ErrorList                  []struct{ Text, Href string }
		},
		) templ.Component {
			var list []FieldError
			for _, e := range o.ErrorList {
				if e.Text == "" {
					return nil
				}
				list = append(list, FieldError{strings.TrimPrefix(e.Href, "#"), e.Text})
			}
			if o.TitleText == "" {
				return nil
			}
			return ErrorSummary(o.TitleText, o.DescriptionText, list)
		})
	},
	"panel": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ TitleText, TitleHTML, Text, HTML string }) templ.Component {
			title := cmp.Or(o.TitleText, o.TitleHTML)
			if strings.Contains(o.TitleHTML, "<") || o.Text+o.HTML == "" {
				return nil
			}
			return within(Panel(title), o.Text, o.HTML)
		})
	},
	"summary-list": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			Classes string
			Rows    []struct {
				Key     struct{ Text string }
				Value   fxText
				Actions struct {
					Items []struct{ Href, Text, VisuallyHiddenText string }
				}
				Classes string
			}
		},
		) templ.Component {
			var rows []Row
			for _, r := range o.Rows {
				if r.Value.Classes != "" || r.Key.Text == "" {
					return nil
				}
				row := Row{Key: r.Key.Text, Value: r.Value.Text, Classes: r.Classes}
				if r.Value.HTML != "" {
					row.Content = templ.Raw(r.Value.HTML)
				}
				for _, a := range r.Actions.Items {
					row.Actions = append(row.Actions, Action{Href: a.Href, Text: a.Text, Hidden: a.VisuallyHiddenText})
				}
				rows = append(rows, row)
			}
			return SummaryList(o.Classes, rows)
		})
	},
	"table": func(raw json.RawMessage) templ.Component {
		type fxCell struct {
			Text, HTML, Format, Classes string
			Colspan, Rowspan            int
			Attributes                  fxAttrs
		}
		return strict(raw, func(o struct {
			Caption, CaptionClasses, Classes string
			Head                             []fxCell
			Rows                             [][]fxCell
			FirstCellIsHeader                bool
			Attributes                       fxAttrs
		},
		) templ.Component {
			build := func(c fxCell) Cell {
				out := Cell{Text: c.Text, Numeric: c.Format == "numeric", Classes: c.Classes, Cols: c.Colspan, Rows: c.Rowspan, Attrs: c.Attributes.templ()}
				if c.HTML != "" {
					out.Content = templ.Raw(c.HTML)
				}
				return out
			}
			p := TableParams{Caption: o.Caption, CaptionClass: o.CaptionClasses, Classes: o.Classes, FirstIsHeader: o.FirstCellIsHeader, Attrs: o.Attributes.templ()}
			for _, c := range o.Head {
				p.Head = append(p.Head, build(c))
			}
			for _, r := range o.Rows {
				if r == nil {
					return nil
				}
				var row []Cell
				for _, c := range r {
					row = append(row, build(c))
				}
				p.Rows = append(p.Rows, row)
			}
			return Table(p)
		})
	},
	"tag": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ Text, Classes string }) templ.Component {
			tone, ok := strings.CutPrefix(o.Classes, "govuk-tag--")
			if o.Text == "" || o.Classes != "" && !ok {
				return nil
			}
			return Tag(o.Text, Tone(tone))
		})
	},
	"warning-text": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ Text, IconFallbackText string }) templ.Component {
			if o.Text == "" || o.IconFallbackText != "" && o.IconFallbackText != "Warning" {
				return nil
			}
			return WarningText(o.Text)
		})
	},
	"inset-text": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ ID, Text, HTML string }) templ.Component {
			return within(InsetText(o.ID), o.Text, o.HTML)
		})
	},
	"details": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			ID, SummaryText, Text, HTML string
			Open                        bool
		},
		) templ.Component {
			if o.SummaryText == "" {
				return nil
			}
			return within(Details(DetailsParams{Summary: o.SummaryText, ID: o.ID, Open: o.Open}), o.Text, o.HTML)
		})
	},
	"task-list": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			IDPrefix string
			Items    []struct {
				Title  struct{ Text string }
				Hint   *struct{ Text string }
				Href   string
				Status struct {
					Text string
					Tag  *struct{ Text, Classes string }
				}
			}
		},
		) templ.Component {
			var tasks []Task
			for _, i := range o.Items {
				t := Task{Title: i.Title.Text, Hint: textOf(i.Hint), Href: i.Href, Status: i.Status.Text}
				if i.Title.Text == "" {
					return nil
				}
				if g := i.Status.Tag; g != nil {
					tone, ok := strings.CutPrefix(g.Classes, "govuk-tag--")
					if !ok {
						return nil
					}
					t.Status, t.Tone = g.Text, Tone(tone)
				}
				tasks = append(tasks, t)
			}
			return TaskList(o.IDPrefix, tasks)
		})
	},
	"label": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			For, Text, Classes string
			IsPageHeading      bool
		},
		) templ.Component {
			if o.For == "" {
				return nil
			}
			return label(o.For, o.Text, o.Classes, o.IsPageHeading)
		})
	},
	"hint": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ ID, Text, Classes string }) templ.Component {
			if o.ID == "" || o.Text == "" {
				return nil
			}
			return hint(o.ID, o.Text, o.Classes)
		})
	},
	"error-message": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ ID, Text string }) templ.Component {
			if o.ID == "" || o.Text == "" {
				return nil
			}
			return errorMessage(o.ID, o.Text)
		})
	},
	"fieldset": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct {
			Legend                           fxLabel
			Classes, Role, DescribedBy, HTML string
		},
		) templ.Component {
			return within(Fieldset(FieldsetParams{
				Legend: o.Legend.Text, LegendClass: o.Legend.Classes, Heading: o.Legend.IsPageHeading, Classes: o.Classes, Role: o.Role, DescribedBy: o.DescribedBy,
			}), "", o.HTML)
		})
	},
	"notification-banner": func(raw json.RawMessage) templ.Component {
		return strict(raw, func(o struct{ TitleText, Text, HTML, Type, TitleID string }) templ.Component {
			if o.Type != "" && o.Type != "success" {
				return nil
			}
			title := cmp.Or(o.TitleText, map[string]string{"": "Important", "success": "Success"}[o.Type]) // our own words differ
			return within(NotificationBanner(BannerParams{Title: title, Text: o.Text, Success: o.Type == "success", ID: o.TitleID}), "", o.HTML)
		})
	},
}

// differs are the components whose markup is ours on purpose: what differs from govuk-frontend's, and why.
var differs = map[string]string{
	"back-link":  "stands inside a <nav>: a link outside every landmark fails axe's rule region",
	"date-input": "year, month, day, in the order people say it here; its parts are compared as input and fieldset",
	"pagination": "without arrow drawings: the words alone say where a link leads, and the page stays small",
	"skip-link":  "part of the layout, with the words in the reader's language; compared nowhere else",
}
