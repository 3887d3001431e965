package oidc

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"
)

// Cipher encrypts what stands in cookies; proof.Vault is one. All replicas of a node hold the same key. Decrypt gives an
// error for whatever Encrypt did not make under the same key and aad. Safe for concurrent use.
type Cipher interface {
	Encrypt(plain, aad []byte) []byte
	Decrypt(ct, aad []byte) ([]byte, error)
}

// maxCookie is what browsers surely store.
const maxCookie = 4096

// jar puts one kind of value into one cookie of this host.
type jar struct {
	name   string
	secure bool
	cipher Cipher
	aad    []byte // client id and kind: a cookie of one node or kind is worthless as another
}

func newJar(kind, clientID string, secure bool, c Cipher) jar {
	name := "tongban-" + kind
	if secure {
		name = "__Host-" + name // browsers then refuse it from a sibling host; plain http may not use the prefix
	}
	return jar{name: name, secure: secure, cipher: c, aad: []byte("cookie " + kind + " of " + clientID)}
}

// put sets the cookie for at most life; false if the value is too large for a cookie.
func (j jar) put(w http.ResponseWriter, value any, life time.Duration) bool {
	plain, err := json.Marshal(value)
	if err != nil {
		return false
	}
	c := j.cookie() //nolint:gosec // attributes are set there
	c.Value = base64.RawURLEncoding.EncodeToString(j.cipher.Encrypt(plain, j.aad))
	c.MaxAge = int(life / time.Second)
	if len(c.Name)+len(c.Value) > maxCookie {
		return false
	}
	http.SetCookie(w, c)
	return true
}

// get reads the cookie into value; false if it is absent, forged, or of another node or kind.
func (j jar) get(r *http.Request, value any) bool {
	c, err := r.Cookie(j.name)
	if err != nil || len(c.Value) > maxCookie {
		return false
	}
	ct, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return false
	}
	plain, err := j.cipher.Decrypt(ct, j.aad)
	if err != nil {
		return false
	}
	return json.Unmarshal(plain, value) == nil
}

func (j jar) clear(w http.ResponseWriter) {
	c := j.cookie() //nolint:gosec // attributes are set there
	c.MaxAge = -1
	http.SetCookie(w, c)
}

// cookie is host-only (no Domain). Lax: the provider's redirect back is a cross-site GET and must carry it.
func (j jar) cookie() *http.Cookie {
	return &http.Cookie{Name: j.name, Path: "/", HttpOnly: true, Secure: j.secure, SameSite: http.SameSiteLaxMode} //nolint:gosec // Secure unless the node is reached by plain http, as in the demo
}
