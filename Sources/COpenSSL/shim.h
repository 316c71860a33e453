// The system's OpenSSL, as far as PKCS#12 needs it. Its symbols and those of BoringSSL in
// swift-crypto and swift-nio-ssl do not meet: the latter have prefixes.
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

// Stacks are macros in OpenSSL, which Swift does not see.
static inline STACK_OF(X509) *kith_certificates_new(void) { return sk_X509_new_null(); }
static inline int kith_certificates_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}
static inline void kith_certificates_free(STACK_OF(X509) *stack) {
    sk_X509_pop_free(stack, X509_free);
}
