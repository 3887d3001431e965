package stories

import (
	"iter"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// nodes gives the elements with a tag below n, in the order of the page.
func nodes(n *html.Node, tag string) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		if n == nil {
			return
		}
		for d := range n.Descendants() {
			if d.Type == html.ElementNode && d.Data == tag && !yield(d) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	v, _ := attrOK(n, name)
	return v
}

func attrOK(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// text is what a person reads below n, blanks folded.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" && d.Parent.Data != "script" && d.Parent.Data != "title" {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func buttonWith(form *html.Node, words string) *html.Node {
	for n := range nodes(form, "button") {
		if strings.Contains(text(n), words) {
			return n
		}
	}
	for n := range nodes(form, "input") {
		if attr(n, "type") == "submit" && strings.Contains(attr(n, "value"), words) {
			return n
		}
	}
	return nil
}

// defaults are the values that the form would send untouched, and the names of all its fields.
func defaults(form *html.Node) (url.Values, map[string]bool) {
	values, known := url.Values{}, map[string]bool{}
	for n := range form.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		name := attr(n, "name")
		if name == "" {
			continue
		}
		switch n.Data {
		case "input":
			known[name] = true
			_, checked := attrOK(n, "checked")
			switch attr(n, "type") {
			case "radio", "checkbox":
				if checked {
					values.Add(name, or(attr(n, "value"), "on"))
				}
			case "file", "submit", "image", "button":
			default:
				values.Add(name, attr(n, "value"))
			}
		case "textarea":
			known[name] = true
			values.Add(name, text(n))
		case "select":
			known[name] = true
			if v, ok := selected(n); ok {
				values.Add(name, v)
			}
		}
	}
	return values, known
}

func selected(n *html.Node) (string, bool) {
	first, found := "", false
	for o := range nodes(n, "option") {
		v, ok := attrOK(o, "value")
		if !ok {
			v = text(o)
		}
		if _, chosen := attrOK(o, "selected"); chosen {
			return v, true
		}
		if !found {
			first, found = v, true
		}
	}
	return first, found
}

// isTyped reports whether a value had to be typed: a choice is a tap, also one from the list below a field, and what was
// there already is nothing.
func isTyped(form *html.Node, name, value string) bool {
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") != name {
			continue
		}
		switch n.Data {
		case "textarea":
			return strings.TrimSpace(text(n)) != value
		case "input":
			switch attr(n, "type") {
			case "radio", "checkbox", "hidden":
				return false
			}
			return attr(n, "value") != value && !listed(form, attr(n, "list"), value)
		}
	}
	return false
}

// listed reports whether the datalist with an id offers a value.
func listed(form *html.Node, id, value string) bool {
	for list := range nodes(form, "datalist") {
		if attr(list, "id") != id {
			continue
		}
		for o := range nodes(list, "option") {
			if attr(o, "value") == value {
				return true
			}
		}
	}
	return false
}

// classed finds the first element of a class below n.
func classed(n *html.Node, class string) *html.Node {
	if n == nil {
		return nil
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(strings.Fields(attr(d, "class")), class) {
			return d
		}
	}
	return nil
}

// valueOf is what a summary list says under a key, "" if the page has no such row. Of several parts it is the first, which
// stands out.
func valueOf(n *html.Node, key string) string {
	if n == nil {
		return ""
	}
	for dt := range nodes(n, "dt") {
		if text(dt) != key {
			continue
		}
		for dd := dt.NextSibling; dd != nil; dd = dd.NextSibling {
			if dd.Data != "dd" {
				continue
			}
			for strong := range nodes(dd, "strong") {
				return text(strong)
			}
			return text(dd)
		}
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
