// Sends one message with nodemailer; the wish comes as JSON on stdin. Exit status 0 when the server took it.
'use strict';
const nodemailer = require('nodemailer');

const wish = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const transport = nodemailer.createTransport({
  host: '127.0.0.1',
  port: wish.port,
  secure: wish.secure,
  requireTLS: !wish.secure,
  name: wish.name,
  auth: wish.user ? {user: wish.user, pass: wish.pass} : undefined,
  tls: {rejectUnauthorized: false},
  connectionTimeout: 30000,
});
transport.sendMail({from: wish.from, to: wish.to, subject: wish.subject, text: wish.text})
    .then((info) => console.log(info.response))
    .catch((error) => {
      console.error(error.message);
      process.exitCode = 1;
    });
