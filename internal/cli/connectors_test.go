package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tongban/internal/adapter/sqlstore/sqltest"
	"tongban/internal/adapter/sqlview"
	"tongban/internal/domain/party"
	"tongban/internal/kernel/errs"
)

// What a connector must say, and what is refused before anything is connected.
func TestConnectorConfig(t *testing.T) {
	view := "resource = 'estate'\nview = 'share.estate'\nsecret = 'db'\nnumber = { column = 'id', type = 'text' }\n[connectors.fields]\nowner = { column = 'qlr', type = 'text' }\n"
	service := "resource = 'estate'\nurl = 'https://x.example/q'\n[connectors.fields]\nowner = { column = 'qlr' }\n"
	for text, ok := range map[string]bool{
		view:                                true,
		service:                             true,
		view + "[[connectors]]\n" + service: false, // two for one resource
		strings.Replace(view, "secret = 'db'\n", "", 1):                     false,
		strings.Replace(view, "[connectors", "url = 'https://x'\n[conn", 1): false,
		strings.Replace(view, "view = 'share.estate'\n", "", 1):             false,
		strings.Replace(view, "column = 'qlr', ", "", 1):                    false,
		strings.Replace(view, "[conn", "timeout = 'soon'\n[conn", 1):        false,
		strings.Replace(service, "https", "http", 1):                        false,
		strings.Replace(service, "https://x.", "https://u:p@x.", 1):         false,
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, configFile), []byte("id = '63'\nlisten = ':0'\n[[connectors]]\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readConfig(dir); ok != (err == nil) || !ok && !errs.Is(err, errs.BadConfig) {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// A configured view is asked by the resource's key; the doctor says when it has changed.
func TestConnectedView(t *testing.T) {
	d := sqltest.Postgres(t)
	c := config{dir: t.TempDir(), Connectors: []connector{{
		Resource: "estate", View: "pg_catalog.pg_tables", Secret: "db", Timeout: "30s", Number: sqlview.Column{Name: "tablename", Type: "text"},
		Fields: map[string]sqlview.Column{"owner": {Name: "tablespace", Type: "name"}},
	}}}
	if _, _, err := c.connected(); err == nil {
		t.Error("without its file")
	}
	if err := os.WriteFile(c.path("db"), []byte(d.DSN+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func() checkup {
		p := &patient{e: &env{}, c: c}
		p.connectors(t.Context())
		if len(p.lines) != 1 {
			t.Fatal(p.lines)
		}
		return p.lines[0]
	}
	if l := check(); l.State != "fail" || !strings.Contains(l.Text, "28300") { // tablename is a name there, no text
		t.Errorf("%+v", l)
	}
	c.Connectors[0].View, c.Connectors[0].Number = "information_schema.sql_features", sqlview.Column{Name: "feature_name", Type: "information_schema.character_data"}
	if l := check(); l.State != "fail" { // the number has to be a text
		t.Errorf("%+v", l)
	}
	sources, views, err := config{dir: c.dir, Connectors: []connector{{Resource: "house", URL: "http://localhost:1/x", Fields: c.Connectors[0].Fields}}}.connected()
	if err != nil || len(views) != 0 {
		t.Fatal(err)
	}
	if _, _, err := sources.Record(t.Context(), "estate", party.Person{IDNo: "1"}); !errs.Is(err, errs.SourceDown) {
		t.Errorf("a resource that nothing is connected to: %v", err)
	}
	if _, _, err := sources.Record(t.Context(), "house", party.Person{IDNo: "1"}); !errs.Is(err, errs.SourceDown) {
		t.Errorf("a service that is away: %v", err)
	}
}
