package proof

// EncryptWith encrypts under a key (16 bytes) that both sides already share, such as the one that a packet brings for its
// answer. The form is that of DataKey.Encrypt.
func EncryptWith(key, plain, aad []byte) ([]byte, error) {
	k, err := newDataKey(key)
	if err != nil {
		return nil, err
	}
	return k.Encrypt(plain, aad), nil
}

// DecryptWith opens what EncryptWith made with the same key and aad; anything else is errs.CannotDecrypt.
func DecryptWith(key, box, aad []byte) ([]byte, error) {
	k, err := newDataKey(key)
	if err != nil {
		return nil, err
	}
	return k.Decrypt(box, aad)
}
