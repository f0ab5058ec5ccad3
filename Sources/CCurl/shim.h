#pragma once
#include <curl/curl.h>
#include <dlfcn.h>

/* The functions of libcurl that are used. The library is loaded when a cloud is first called: it
   brings some 25 others with it, which would triple the time that any command takes to start. */
typedef size_t (*omtd_curl_receiver)(char *data, size_t size, size_t count, void *context);

struct omtd_curl {
  CURLcode (*global_init)(long flags);
  CURL *(*easy_init)(void);
  CURLcode (*easy_setopt)(CURL *handle, CURLoption option, ...);
  CURLcode (*easy_getinfo)(CURL *handle, CURLINFO info, ...);
  void (*easy_cleanup)(CURL *handle);
  const char *(*easy_strerror)(CURLcode code);
  struct curl_slist *(*slist_append)(struct curl_slist *list, const char *text);
  void (*slist_free_all)(struct curl_slist *list);
  CURLM *(*multi_init)(void);
  CURLMcode (*multi_setopt)(CURLM *multi, CURLMoption option, ...);
  CURLMcode (*multi_add_handle)(CURLM *multi, CURL *handle);
  CURLMcode (*multi_remove_handle)(CURLM *multi, CURL *handle);
  CURLMcode (*multi_perform)(CURLM *multi, int *running);
  CURLMcode (*multi_poll)(
      CURLM *multi, struct curl_waitfd *extra, unsigned int count, int timeout, int *ready);
  CURLMcode (*multi_wakeup)(CURLM *multi);
  CURLMsg *(*multi_info_read)(CURLM *multi, int *left);
  CURLMcode (*multi_cleanup)(CURLM *multi);
};

/* 0 where a function is missing; the loader's words are then in dlerror. */
static inline int omtd_curl_load(struct omtd_curl *curl) {
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (!library) return 0;
#define OMTD_CURL_LOAD(name) \
  if (!(*(void **)&curl->name = dlsym(library, "curl_" #name))) return 0
  OMTD_CURL_LOAD(global_init);
  OMTD_CURL_LOAD(easy_init);
  OMTD_CURL_LOAD(easy_setopt);
  OMTD_CURL_LOAD(easy_getinfo);
  OMTD_CURL_LOAD(easy_cleanup);
  OMTD_CURL_LOAD(easy_strerror);
  OMTD_CURL_LOAD(slist_append);
  OMTD_CURL_LOAD(slist_free_all);
  OMTD_CURL_LOAD(multi_init);
  OMTD_CURL_LOAD(multi_setopt);
  OMTD_CURL_LOAD(multi_add_handle);
  OMTD_CURL_LOAD(multi_remove_handle);
  OMTD_CURL_LOAD(multi_perform);
  OMTD_CURL_LOAD(multi_poll);
  OMTD_CURL_LOAD(multi_wakeup);
  OMTD_CURL_LOAD(multi_info_read);
  OMTD_CURL_LOAD(multi_cleanup);
#undef OMTD_CURL_LOAD
  return 1;
}

/* Swift cannot call variadic functions. */
static inline CURLcode omtd_curl_set_text(
    const struct omtd_curl *curl, CURL *handle, CURLoption option, const char *value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode omtd_curl_set_long(
    const struct omtd_curl *curl, CURL *handle, CURLoption option, long value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode omtd_curl_set_size(
    const struct omtd_curl *curl, CURL *handle, CURLoption option, curl_off_t value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode omtd_curl_set_pointer(
    const struct omtd_curl *curl, CURL *handle, CURLoption option, void *value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode omtd_curl_set_receiver(
    const struct omtd_curl *curl, CURL *handle, CURLoption option, omtd_curl_receiver value) {
  return curl->easy_setopt(handle, option, value);
}
static inline CURLcode omtd_curl_get_long(
    const struct omtd_curl *curl, CURL *handle, CURLINFO info, long *value) {
  return curl->easy_getinfo(handle, info, value);
}
static inline CURLcode omtd_curl_get_size(
    const struct omtd_curl *curl, CURL *handle, CURLINFO info, curl_off_t *value) {
  return curl->easy_getinfo(handle, info, value);
}
static inline CURLMcode omtd_curl_multi_set_long(
    const struct omtd_curl *curl, CURLM *multi, CURLMoption option, long value) {
  return curl->multi_setopt(multi, option, value);
}
static inline CURL *omtd_curl_ended(const CURLMsg *message, CURLcode *code) {
  if (message->msg != CURLMSG_DONE) return 0;
  *code = message->data.result;
  return message->easy_handle;
}
