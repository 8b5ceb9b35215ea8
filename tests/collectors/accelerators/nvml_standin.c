/* Stands in for libnvidia-ml.so.1 where there is no GPU: the functions that are used, with NVML's own ABI (nvml.h, 12.x).
 *
 * What it answers stands in the file NVML_STANDIN names, one "GPU.QUESTION VALUE" a line, read anew at each call:
 *   count 2 / init 18 / 0.power 310000 / 0.power.error 3 / 0.name NVIDIA H200 / 0.error 15 (any call on that GPU)
 * Without a line, a question is not supported (3). A MIG instance is a GPU from 100 on: 0.mig.1 101.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, VERSION_MISMATCH = 25 };

static int initialised;
static char found[512];

static const char *look(const char *key) {
  FILE *file = fopen(getenv("NVML_STANDIN"), "r");
  char line[512];
  const char *value = NULL;
  size_t length = strlen(key);
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, key, length) && line[length] == ' ') {
      line[strcspn(line, "\n")] = 0;
      strcpy(found, line + length + 1);
      value = found;
      break;
    }
  if (file) fclose(file);
  return value;
}

static int ask(void *device, const char *question, const char **value) {
  char key[128];
  const char *error;
  int gpu = (int)(long)device - 1;
  if (!initialised) return UNINITIALIZED;
  if ((error = look("error"))) return atoi(error);
  snprintf(key, sizeof key, "%d.error", gpu);
  if ((error = look(key))) return atoi(error);
  snprintf(key, sizeof key, "%d.%s.error", gpu, question);
  if ((error = look(key))) return atoi(error);
  snprintf(key, sizeof key, "%d.%s", gpu, question);
  *value = look(key);
  return *value ? SUCCESS : NOT_SUPPORTED;
}

static int number(void *device, const char *question, unsigned *out) {
  const char *value;
  int status = ask(device, question, &value);
  if (!status) *out = (unsigned)strtoul(value, NULL, 10);
  return status;
}

static int large(void *device, const char *question, unsigned long long *out) {
  const char *value;
  int status = ask(device, question, &value);
  if (!status) *out = strtoull(value, NULL, 0);
  return status;
}

static int text(void *device, const char *question, char *out, unsigned size) {
  const char *value;
  int status = ask(device, question, &value);
  if (!status) snprintf(out, size, "%s", value);
  return status;
}

int nvmlInitWithFlags(unsigned flags) {
  const char *error = look("init");
  if (error) return atoi(error);
  initialised = 1;
  return SUCCESS;
}
int nvmlShutdown(void) { return initialised ? (initialised = 0, SUCCESS) : UNINITIALIZED; }
const char *nvmlErrorString(int error) { return error == 15 ? "GPU is lost" : "an error"; }

int nvmlDeviceGetCount_v2(unsigned *count) {
  const char *value = look("error");
  if (!initialised) return UNINITIALIZED;
  if (value) return atoi(value);
  value = look("count");
  *count = value ? (unsigned)atoi(value) : 0;
  return SUCCESS;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
  char key[64];
  const char *error;
  snprintf(key, sizeof key, "%u.handle.error", index);
  if ((error = look(key))) return atoi(error);
  *device = (void *)(long)(index + 1);
  return SUCCESS;
}

int nvmlDeviceGetName(void *d, char *out, unsigned size) { return text(d, "name", out, size); }
int nvmlDeviceGetUUID(void *d, char *out, unsigned size) { return text(d, "uuid", out, size); }
int nvmlDeviceGetMinorNumber(void *d, unsigned *out) { return number(d, "minor", out); }
int nvmlDeviceGetPowerUsage(void *d, unsigned *out) { return number(d, "power", out); }
int nvmlDeviceGetTemperature(void *d, int sensor, unsigned *out) { return sensor ? INVALID : number(d, "temperature", out); }
int nvmlDeviceGetTotalEnergyConsumption(void *d, unsigned long long *out) { return large(d, "energy", out); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *d, unsigned long long *out) { return large(d, "throttle", out); }
int nvmlDeviceGetTotalEccErrors(void *d, int type, int counter, unsigned long long *out) {
  return counter != 1 ? INVALID : large(d, type ? "ecc.uncorrected" : "ecc.corrected", out);
}
int nvmlDeviceGetUtilizationRates(void *d, struct { unsigned gpu, memory; } *out) {
  int status = number(d, "busy", &out->gpu);
  return status ? status : number(d, "busy.memory", &out->memory);
}
int nvmlDeviceGetEncoderUtilization(void *d, unsigned *out, unsigned *period) { return *period = 167000, number(d, "encoder", out); }
int nvmlDeviceGetDecoderUtilization(void *d, unsigned *out, unsigned *period) { return *period = 167000, number(d, "decoder", out); }
int nvmlDeviceGetEnforcedPowerLimit(void *d, unsigned *out) { return number(d, "limit", out); }
int nvmlDeviceGetPcieThroughput(void *d, int counter, unsigned *out) { return counter == 0 ? number(d, "pcie.sent", out) : counter == 1 ? number(d, "pcie.received", out) : INVALID; }
int nvmlDeviceGetPcieReplayCounter(void *d, unsigned *out) { return number(d, "replays", out); }
int nvmlDeviceGetClockInfo(void *d, int type, unsigned *out) { return type == 1 ? number(d, "clock.sm", out) : type == 2 ? number(d, "clock.memory", out) : INVALID; }
int nvmlDeviceGetRemappedRows(void *d, unsigned *corrected, unsigned *uncorrected, unsigned *pending, unsigned *failed) {
  int status = number(d, "rows.corrected", corrected);
  if (status) return status;
  number(d, "rows.uncorrected", uncorrected), number(d, "rows.pending", pending), number(d, "rows.failed", failed);
  return SUCCESS;
}
/* nvmlFieldValue_t (nvml.h): each field has a status of its own; "0.field.82 61" has the type unsigned int, "0.field.138 u64 7" another. */
struct field { unsigned id, scope; long long time, latency; int type, status; union { double d; unsigned u; unsigned long long ull; } value; };
int nvmlDeviceGetFieldValues(void *d, int count, struct field *fields) {
  if (!initialised) return UNINITIALIZED;
  for (int i = 0; i < count; i++) {
    char question[64];
    const char *value;
    if (fields[i].scope) snprintf(question, sizeof question, "field.%u.%u", fields[i].id, fields[i].scope);
    else snprintf(question, sizeof question, "field.%u", fields[i].id);
    fields[i].status = ask(d, question, &value);
    if (fields[i].status == 15) return 15;
    if (fields[i].status) continue;
    if (!strncmp(value, "u64 ", 4)) fields[i].type = 3, fields[i].value.ull = strtoull(value + 4, NULL, 10);
    else fields[i].type = 1, fields[i].value.u = (unsigned)strtoul(value, NULL, 10);
  }
  return SUCCESS;
}
/* Events: the line "xid GPU NUMBER" is one event, told once to whoever has registered that GPU. */
struct event { void *device; unsigned long long type, data; unsigned gpu, compute; };
static int told, registered[16];
int nvmlEventSetCreate(void **set) { told = 0; memset(registered, 0, sizeof registered); *set = (void *)1; return SUCCESS; }
int nvmlEventSetFree(void *set) { return set ? SUCCESS : INVALID; }
int nvmlDeviceRegisterEvents(void *d, unsigned long long types, void *set) {
  const char *value;
  int status = ask(d, "minor", &value);
  if (status) return status;
  if (types != 8) return INVALID;
  if (ask(d, "xids", &value) == SUCCESS && !strcmp(value, "no")) return NOT_SUPPORTED;
  registered[(int)(long)d - 1] = 1;
  return SUCCESS;
}
int nvmlEventSetWait_v2(void *set, struct event *out, unsigned milliseconds) {
  FILE *file = fopen(getenv("NVML_STANDIN"), "r");
  char line[512];
  unsigned gpu, xid;
  int seen = 0, status = 10; /* a time-out */
  while (file && status && fgets(line, sizeof line, file))
    if (sscanf(line, "xid %u %u", &gpu, &xid) == 2 && ++seen > told && gpu < 16 && registered[gpu]) {
      told = seen;
      memset(out, 0, sizeof *out);
      out->device = (void *)(long)(gpu + 1), out->type = 8, out->data = xid;
      status = SUCCESS;
    }
  if (file) fclose(file);
  return status;
}
int nvmlDeviceGetMemoryInfo(void *d, struct { unsigned long long total, free, used; } *out) {
  int status = large(d, "memory.total", &out->total);
  return status ? status : large(d, "memory.used", &out->used);
}
/* The second version of the call: what the driver reserves stands apart. 40 bytes, version 2 (nvml.h, nvmlMemory_v2_t). */
int nvmlDeviceGetMemoryInfo_v2(void *d, struct { unsigned version; unsigned long long total, reserved, free, used; } *out) {
  int status;
  if (out->version != (sizeof *out | 2u << 24)) return VERSION_MISMATCH;
  if ((status = large(d, "memory.reserved", &out->reserved))) return status;
  if ((status = large(d, "memory.total", &out->total))) return status;
  return large(d, "memory.v2.used", &out->used);
}
int nvmlDeviceGetPciInfo_v3(void *d, struct { char legacy[16]; unsigned domain, bus, device, id, sub; char busId[32]; } *out) {
  return text(d, "bus", out->busId, sizeof out->busId);
}
int nvmlDeviceGetMigMode(void *d, unsigned *current, unsigned *pending) { return number(d, "mig", current) || number(d, "mig", pending) ? NOT_SUPPORTED : SUCCESS; }
int nvmlDeviceGetMaxMigDeviceCount(void *d, unsigned *out) { *out = 7; return SUCCESS; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *d, unsigned index, void **out) {
  char question[32];
  unsigned value;
  int status;
  snprintf(question, sizeof question, "mig.%u", index);
  status = number(d, question, &value);
  *out = (void *)(long)(value + 1);
  return status == NOT_SUPPORTED ? NOT_FOUND : status;
}
int nvmlDeviceGetGpuInstanceId(void *d, unsigned *out) { return number(d, "instance", out); }
