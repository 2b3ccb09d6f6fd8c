// Logs in with nodemailer by the method that the wish names, and leaves; the wish comes as JSON on stdin.
'use strict';
const nodemailer = require('nodemailer');

const wish = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const transport = nodemailer.createTransport({
  host: '127.0.0.1',
  port: wish.port,
  secure: wish.secure,
  requireTLS: !wish.secure,
  name: wish.name,
  auth: wish.method === 'XOAUTH2' ? {type: 'OAuth2', user: wish.user, accessToken: wish.pass} :
                                    {user: wish.user, pass: wish.pass},
  authMethod: wish.method,
  tls: {rejectUnauthorized: false},
  connectionTimeout: 30000,
});
transport.verify().then(() => console.log('logged in')).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
