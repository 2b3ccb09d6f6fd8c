#pragma once
// Purpose: what pgsql.cpp calls of libpq, loaded with the first table that wants it.
// Errors, Concurrency: as os/shared_library.hpp

#include <libpq-fe.h>

#include "os/shared_library.hpp"

namespace postern::maps::sql::libpq {

inline constinit os::shared_library library("libpq.so.5");

template <class Function>
using function = os::library_function<Function>;

inline constinit function<decltype(::PQclear)> PQclear(library, "PQclear");
inline constinit function<decltype(::PQconnectdbParams)> PQconnectdbParams(library, "PQconnectdbParams");
inline constinit function<decltype(::PQconninfoFree)> PQconninfoFree(library, "PQconninfoFree");
inline constinit function<decltype(::PQconninfoParse)> PQconninfoParse(library, "PQconninfoParse");
inline constinit function<decltype(::PQconsumeInput)> PQconsumeInput(library, "PQconsumeInput");
inline constinit function<decltype(::PQdb)> PQdb(library, "PQdb");
inline constinit function<decltype(::PQerrorMessage)> PQerrorMessage(library, "PQerrorMessage");
inline constinit function<decltype(::PQescapeStringConn)> PQescapeStringConn(library, "PQescapeStringConn");
inline constinit function<decltype(::PQfinish)> PQfinish(library, "PQfinish");
inline constinit function<decltype(::PQflush)> PQflush(library, "PQflush");
inline constinit function<decltype(::PQgetResult)> PQgetResult(library, "PQgetResult");
inline constinit function<decltype(::PQgetisnull)> PQgetisnull(library, "PQgetisnull");
inline constinit function<decltype(::PQgetlength)> PQgetlength(library, "PQgetlength");
inline constinit function<decltype(::PQgetvalue)> PQgetvalue(library, "PQgetvalue");
inline constinit function<decltype(::PQhost)> PQhost(library, "PQhost");
inline constinit function<decltype(::PQisBusy)> PQisBusy(library, "PQisBusy");
inline constinit function<decltype(::PQnfields)> PQnfields(library, "PQnfields");
inline constinit function<decltype(::PQntuples)> PQntuples(library, "PQntuples");
inline constinit function<decltype(::PQport)> PQport(library, "PQport");
inline constinit function<decltype(::PQresultErrorField)> PQresultErrorField(library, "PQresultErrorField");
inline constinit function<decltype(::PQresultStatus)> PQresultStatus(library, "PQresultStatus");
inline constinit function<decltype(::PQsendQueryParams)> PQsendQueryParams(library, "PQsendQueryParams");
inline constinit function<decltype(::PQsetNoticeProcessor)> PQsetNoticeProcessor(library, "PQsetNoticeProcessor");
inline constinit function<decltype(::PQsetnonblocking)> PQsetnonblocking(library, "PQsetnonblocking");
inline constinit function<decltype(::PQsocket)> PQsocket(library, "PQsocket");
inline constinit function<decltype(::PQstatus)> PQstatus(library, "PQstatus");

}  // namespace postern::maps::sql::libpq
