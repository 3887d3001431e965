package node

import (
	"net"
	"net/http"

	"tongban/internal/adapter/pdf"
	"tongban/internal/domain/casefile"
	"tongban/internal/domain/figure"
	"tongban/internal/face/oversight"
	"tongban/internal/face/rate"
	"tongban/internal/page"
)

// rateFace puts the pages of ratings and complaints on the entrance.
func (n *Node) rateFace(s *page.Site, g *gate) {
	rate.New(rate.Config{
		Desk: n.Rates, Complaints: n.Complaints, Kit: n.Kit, Gate: g, Own: n.Apply.Own, Looked: n.Apply.Looked, Frame: s.Frame, Client: client,
	}).Register(s)
}

// oversightFace puts the pages of those who answer for a service, and of those who watch over it, on the desk.
func (n *Node) oversightFace(s *page.Site, g *gate, frame func(*http.Request) page.Frame, who func(string) (casefile.Actor, string, bool), publicURL string) {
	oversight.New(oversight.Config{Gate: g, Rates: n.Rates, Watch: n.Watch, Complaints: n.Complaints, Contests: n.Contests, Book: figure.Default(), Kit: n.Kit, Frame: frame, Officers: who, PDF: pdf.Document, PublicURL: publicURL}).Register(s)
}

// client is who asks, as the connection says.
func client(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
