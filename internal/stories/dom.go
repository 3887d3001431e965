package stories

import (
	"iter"
	"net/url"
	"strings"
	"unicode/utf8"

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

// typedIn counts the characters that had to be typed: a choice is a tap, not typing, and so is a value that was there.
func typedIn(form *html.Node, name, value string) int {
	for n := range form.Descendants() {
		if n.Type != html.ElementNode || attr(n, "name") != name {
			continue
		}
		switch {
		case n.Data == "textarea":
			return utf8.RuneCountInString(value)
		case n.Data == "select", attr(n, "type") == "radio", attr(n, "type") == "checkbox", attr(n, "type") == "hidden":
			return 0
		case n.Data == "input" && attr(n, "value") != value:
			return utf8.RuneCountInString(value)
		}
	}
	return 0
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
