import{r as e}from"./rolldown-runtime-XKyaHtl9.js";/* empty css              */import{E as t,F as n,L as r,N as i,S as a,_ as o,a as s,f as c,j as l,n as u,o as d,p as f,t as ee,v as p,x as m,y as h}from"./store-BLsWIua9.js";import{a as g,c as te,f as ne,l as _,n as re,r as ie,s as ae}from"./sign-in-CchUYrgA.js";var oe=n(),v=e(r(),1),y=new Set,se=()=>{for(let e of y)e()};addEventListener(`popstate`,se);var ce=e=>(y.add(e),()=>void y.delete(e)),le=()=>location.pathname+location.search,ue=e=>{let[t=``,n=``]=e.split(`?`);return{path:t.slice(s.length).replace(/\/$/,``)||`/`,params:new URLSearchParams(n)}},b=()=>{let e=(0,v.useSyncExternalStore)(ce,le);return(0,v.useMemo)(()=>ue(e),[e])},x=(e,t={})=>{let n=de(new URLSearchParams,t).toString();return`${s}${e===`/`?``:e}${n&&`?${n}`}`},de=(e,t)=>{let n=new URLSearchParams(e);for(let[e,r]of Object.entries(t)){n.delete(e);for(let t of typeof r==`string`?[r]:r??[])t!==``&&n.append(e,t)}return n},S=({path:e,params:t},n)=>{let r=de(t,n).toString();return`${x(e)}${r&&`?${r}`}`},C=(e,{replace:t=!1}={})=>{e!==le()&&(history[t?`replaceState`:`pushState`](null,``,e),se())},w=i(),T=({href:e,...t})=>(0,w.jsx)(`a`,{href:e,onClick:t=>{t.metaKey||t.ctrlKey||t.shiftKey||t.altKey||(t.preventDefault(),C(e))},...t}),fe=`ACCOUNT_DELETED.ACCOUNT_LOCKED.ADMIN_CREATED.AUDIT_EVENTS_REMOVED.BACKUP_CODES_REGENERATED.BACKUP_CODE_USED.EMAIL_CHANGED.EMAIL_CHANGE_REQUESTED.EMAIL_CHANGE_UNDONE.EMAIL_VERIFICATION_REQUIRED.EMAIL_VERIFIED.LOGIN.LOGOUT.MFA_CHALLENGED.MFA_DISABLED.MFA_ENABLED.MFA_ENROLLMENT_STARTED.MFA_RESET.OAUTH_ACCOUNT_LINKED.OAUTH_ACCOUNT_UNLINKED.PASSWORD_CHANGED.PASSWORD_RESET.PASSWORD_RESET_REQUESTED.PROFILE_UPDATED.REAUTHENTICATED.REFRESH_TOKEN_REUSED.REGISTRATION_REFUSED.ROLE_CHANGED.SESSIONS_REVOKED.SESSION_DISOWNED.SESSION_REFRESHED.SESSION_REVOKED.SESSION_UPDATED.UNKNOWN.USER_DELETED.USER_ERASED.USER_IMPORTED.USER_INVITED.USER_LOCKED.USER_REGISTERED.USER_RESTORED.USER_UNLOCKED.USER_UPDATED.VERIFICATION_REQUESTED`.split(`.`),E=`fragment EventRow on AuditEvent {
  id
  at
  action
  outcome
  reason
  actor {
    id
    email
  }
  subject {
    id
    email
  }
  ipAddress
}`,pe=`fragment UserRow on User {
  id
  email
  name
  role
  status
  emailVerified
  createdAt
  lastLoginAt
  mfa {
    enabled
  }
  lock {
    cause
    until
  }
}`,me=`fragment WholeEvent on AuditEvent {
  id
  at
  action
  outcome
  reason
  actor {
    id
    email
  }
  subject {
    id
    email
  }
  sessionId
  changes {
    field
    from
    to
  }
  endedSessionCount
  ipAddress
  userAgent
  correlationId
  metadata
}`,he=new l(`mutation ChangeOwnPassword($input: ChangePasswordInput!) {
  changePassword(input: $input) {
    endedSessionCount
  }
}`),ge=new l(`query AuditTrail($first: Int, $after: String, $last: Int, $before: String, $filter: AuditEventFilter) {
  newest: auditEvents(first: 1) {
    nodes {
      id
    }
  }
  auditEvents(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
  ) {
    nodes {
      ...EventRow
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}

${E}`),_e=new l(`subscription FollowEvents($filter: AuditEventFilter, $after: ID) {
  auditEvents(filter: $filter, after: $after) {
    ...EventRow
  }
}

${E}`),ve=new l(`query OneEvent($id: ID!) {
  node(id: $id) {
    __typename
    ... on AuditEvent {
      ...WholeEvent
    }
  }
}

${me}`),ye=new l(`query ExportedEvents($after: String, $filter: AuditEventFilter) {
  auditEvents(first: 100, after: $after, filter: $filter) {
    nodes {
      ...WholeEvent
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}

${me}`),be=new l(`query FindUser($email: String!) {
  users(
    first: 2
    filter: {startsWith: $email, statuses: [ACTIVE, INVITED, LOCKED, DELETED]}
  ) {
    nodes {
      id
      email
    }
  }
}`),xe=new l(`query VerifyTrail($after: String) {
  auditIntegrity(after: $after) {
    verifiedEventCount
    endCursor
    break {
      message
      event {
        id
        at
        action
      }
    }
  }
}`),Se=new l(`query LastSevenDays {
  dashboard(days: 7) {
    totals {
      users
      verified
      locked
      withMfa
      activeSessions
    }
    days {
      date
      registrations
      logins
      failedLogins
      activeUsers
    }
  }
}`),Ce=new l(`query ServerSettings {
  settings {
    name
    section
    description
    value
    defaultValue
    isDefault
    isSecret
  }
}`),we=new l(`query UserProfile($id: ID!) {
  user(id: $id) {
    ...UserRow
    pendingEmail
    locale
    hasPassword
    updatedAt
    deletedAt
    erasedAt
    mfa {
      enabledAt
      backupCodesRemaining
    }
    oauthAccounts {
      id
      email
      linkedAt
      lastUsedAt
      provider {
        displayName
      }
    }
  }
}

${pe}`),Te=new l(`query UserSessions($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $status: SessionStatus) {
  user(id: $id) {
    sessions(
      first: $first
      after: $after
      last: $last
      before: $before
      status: $status
    ) {
      nodes {
        id
        current
        status
        ipAddress
        authMethods
        createdAt
        lastSeenAt
        expiresAt
        endedAt
        endReason
        device {
          name
          browser
          os
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
}`),Ee=new l(`query UserHistory($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  user(id: $id) {
    auditEvents(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...EventRow
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
}

${E}`),De=new l(`mutation EditUser($input: UpdateUserInput!) {
  updateUser(input: $input) {
    user {
      id
    }
  }
}`),Oe=new l(`mutation LockUser($input: LockUserInput!) {
  lockUser(input: $input) {
    user {
      id
    }
  }
}`),ke=new l(`mutation UnlockUser($input: UnlockUserInput!) {
  unlockUser(input: $input) {
    user {
      id
    }
  }
}`),Ae=new l(`mutation MarkVerified($input: MarkEmailVerifiedInput!) {
  markEmailVerified(input: $input) {
    user {
      id
    }
  }
}`),je=new l(`mutation SendReset($input: SendUserPasswordResetInput!) {
  sendUserPasswordReset(input: $input) {
    user {
      id
    }
  }
}`),Me=new l(`mutation ResetSecondFactor($input: ResetUserMfaInput!) {
  resetUserMfa(input: $input) {
    user {
      id
    }
  }
}`),Ne=new l(`mutation EndSessions($input: RevokeUserSessionsInput!) {
  revokeUserSessions(input: $input) {
    endedSessionCount
  }
}`),Pe=new l(`mutation EndSession($input: RevokeUserSessionInput!) {
  revokeUserSession(input: $input) {
    session {
      id
    }
  }
}`),Fe=new l(`mutation DeleteUser($input: DeleteUserInput!) {
  deleteUser(input: $input) {
    user {
      id
    }
  }
}`),Ie=new l(`mutation RestoreUser($input: RestoreUserInput!) {
  restoreUser(input: $input) {
    user {
      id
    }
  }
}`),Le=new l(`query UserList($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter, $orderBy: UserOrder) {
  users(
    first: $first
    after: $after
    last: $last
    before: $before
    filter: $filter
    orderBy: $orderBy
  ) {
    nodes {
      ...UserRow
    }
    pageInfo {
      hasNextPage
      hasPreviousPage
      startCursor
      endCursor
    }
  }
}

${pe}`),Re=new l(`query CountUsers($filter: UserFilter) {
  users(first: 0, filter: $filter) {
    totalCount
  }
}`),ze=new l(`mutation InviteUser($input: CreateUserInput!) {
  createUser(input: $input) {
    user {
      id
      email
    }
  }
}`),D=ee(``),Be=8e3,Ve=e=>D.set(e),He=()=>{let e=u(D);return(0,v.useEffect)(()=>{let e=setTimeout(()=>D.set(``),Be);return()=>clearTimeout(e)},[e]),(0,w.jsx)(`div`,{role:`status`,className:`ag-notice`,children:e&&(0,w.jsx)(`p`,{children:e})})},Ue=({title:e,onClose:t,children:n})=>{let r=(0,v.useRef)(null),i=(0,v.useId)(),a=(0,v.useRef)(!1);return(0,v.useLayoutEffect)(()=>{a.current=!1;let e=r.current;return e?.showModal(),()=>{a.current=!0,e?.close(),document.activeElement===document.body&&document.querySelector(`h1`)?.focus()}},[]),(0,w.jsxs)(`dialog`,{ref:r,className:`ag-dialog`,"aria-labelledby":i,onClose:()=>a.current||t(),children:[(0,w.jsxs)(`header`,{children:[(0,w.jsx)(`h2`,{id:i,children:e}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button ag-close`,"aria-label":`Close`,onClick:t,children:`×`})]}),n]})},O=({title:e,submit:n,run:r,onDone:i,onClose:a,children:o})=>{let s=m(),[c,l]=(0,v.useState)(!1),u=async()=>{let e=await r();a(),Ve(e),i()};return(0,w.jsx)(Ue,{title:e,onClose:a,children:c?(0,w.jsx)(Ge,{children:(0,w.jsx)(te,{onCancel:()=>l(!1),children:(0,w.jsx)(We,{run:()=>{l(!1),s.run(u)}})})}):(0,w.jsx)(h,{action:s,submit:n,onSubmit:async()=>{try{await u()}catch(e){if(!(e instanceof t&&e.code===`REAUTHENTICATION_REQUIRED`))throw e;l(!0)}},onCancel:a,children:o})})},We=({run:e})=>((0,v.useEffect)(e,[]),null),Ge=({children:e})=>{let t=(0,v.useRef)(null);return(0,v.useEffect)(()=>{let e=()=>{t.current?.contains(document.activeElement)||t.current?.querySelector(`input`)?.focus()},n=new MutationObserver(e);return t.current&&n.observe(t.current,{childList:!0,subtree:!0}),e(),()=>n.disconnect()},[]),(0,w.jsx)(`div`,{ref:t,children:e})},Ke=()=>{let[e,t]=(0,v.useState)(!1);return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`p`,{children:`All other sessions end when it changes.`}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>t(!0),children:`Change the password`}),e&&(0,w.jsx)(qe,{onClose:()=>t(!1)})]})},qe=({onClose:e})=>{let[t,n]=(0,v.useState)(``),[r,i]=(0,v.useState)(``);return(0,w.jsxs)(O,{title:`Change your password`,submit:`Change`,run:async()=>{let{changePassword:e}=await _.request(he,{input:{currentPassword:t,newPassword:r}}),{endedSessionCount:n}=e;return`The password is changed. ${n===0?`There were no other sessions.`:`Other sessions that ended: ${n}.`}`},onDone:()=>void 0,onClose:e,children:[(0,w.jsx)(p,{label:`Current password`,type:`password`,autoComplete:`current-password`,value:t,onChange:e=>n(e.target.value)}),(0,w.jsx)(p,{label:`New password`,type:`password`,autoComplete:`new-password`,value:r,onChange:e=>i(e.target.value)})]})},Je=({user:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`Your account`}),(0,w.jsxs)(`p`,{children:[e.name?`${e.name}, `:``,e.email,` · `,(0,w.jsx)(T,{href:x(`/users/${e.id}`),children:`See it as one of the users`})]}),(0,w.jsxs)(`section`,{className:`ag-card`,"aria-labelledby":`second-factor`,children:[(0,w.jsx)(`h2`,{id:`second-factor`,children:`Second factor`}),(0,w.jsx)(ae,{})]}),(0,w.jsxs)(`section`,{className:`ag-card`,"aria-labelledby":`password`,children:[(0,w.jsx)(`h2`,{id:`password`,children:`Password`}),(0,w.jsx)(Ke,{})]}),(0,w.jsxs)(`section`,{className:`ag-card`,"aria-labelledby":`sessions`,children:[(0,w.jsx)(`h2`,{id:`sessions`,children:`Your sessions`}),(0,w.jsx)(g,{})]})]}),Ye=e=>[`${e}after`,`${e}before`],k=(e=``)=>Object.fromEntries(Ye(e).map(e=>[e,null])),A=({params:e},t,n=``)=>{let[r,i]=Ye(n).map(t=>e.get(t));return i?{last:t,before:i}:{first:t,...r&&{after:r}}},j=({label:e,page:t,shown:n,size:r,prefix:i=``})=>{let a=b(),[o,s]=Ye(i),c=a.params.has(s),l=c&&!t.hasPreviousPage&&n<r;(0,v.useEffect)(()=>{l&&C(S(a,k(i)),{replace:!0})},[l]);let u=t.hasPreviousPage&&t.startCursor!==null,d=(t.hasNextPage||c)&&t.endCursor!==null;return!u&&!d?null:(0,w.jsxs)(`nav`,{className:`ag-pages`,"aria-label":`Pages of ${e}`,children:[u&&(0,w.jsx)(T,{className:`ag-button`,rel:`prev`,href:S(a,{[o]:null,[s]:t.startCursor}),children:`Previous`}),d&&(0,w.jsx)(T,{className:`ag-button`,rel:`next`,href:S(a,{[o]:t.endCursor,[s]:null}),children:`Next`})]})},M=new Map,Xe=50,Ze=(e,t)=>{M.delete(e),M.set(e,t);for(let e of M.keys()){if(M.size<=Xe)return;M.delete(e)}};_.onSession(e=>{e||M.clear()});var N=(e,t)=>{let n=`${e}${JSON.stringify(t)}`,[r,i]=(0,v.useState)(0),[o,s]=(0,v.useState)({askedAt:0}),[c,l]=(0,v.useState)(!0);(0,v.useEffect)(()=>{let r=new AbortController,i=performance.now();return(async()=>{l(!0);try{let a=await _.request(e,t,{signal:r.signal});Ze(n,a),r.signal.aborted||s({key:n,data:a,askedAt:i})}catch(e){r.signal.aborted||s(t=>({...t,key:n,fault:a(e)}))}r.signal.aborted||l(!1)})(),()=>r.abort()},[n,r]);let u=o.key!==n;return{data:u?M.get(n)??o.data:o.data,fault:u?void 0:o.fault,isLoading:c||u,askedAt:u?0:o.askedAt,reload:()=>i(e=>e+1)}},P=({reading:e,children:t})=>{let{data:n,fault:r,isLoading:i,reload:a}=e;return(0,w.jsxs)(w.Fragment,{children:[r&&(0,w.jsxs)(`div`,{className:`ag-failed`,children:[(0,w.jsx)(o,{children:r}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:a,children:`Try again`})]}),n===void 0?!r&&(0,w.jsx)(`p`,{role:`status`,children:`Loading …`}):(0,w.jsx)(`div`,{"aria-busy":i,children:t(n)})]})},Qe=new Intl.DateTimeFormat(void 0,{dateStyle:`medium`,timeStyle:`short`}),$e=new Intl.DateTimeFormat(void 0,{dateStyle:`medium`,timeStyle:`medium`}),et=new Intl.NumberFormat,F=e=>et.format(e),I=({at:e,isExact:t=!1})=>(0,w.jsx)(`time`,{dateTime:e,title:e,children:(t?$e:Qe).format(new Date(e))}),tt=e=>Qe.format(new Date(e)),L=e=>{let t=e.toLowerCase().replaceAll(`_`,` `).replaceAll(/\bmfa\b/g,`MFA`).replaceAll(/\boauth\b/g,`OAuth`).replaceAll(/\btotp\b/g,`TOTP`);return t.charAt(0).toUpperCase()+t.slice(1)},nt={ACTIVE:`good`,SUCCESS:`good`,LOCKED:`bad`,FAILURE:`bad`,COMPROMISED:`bad`,ADMIN:`strong`},R=({value:e,children:t})=>(0,w.jsx)(`span`,{className:`ag-badge ag-tone`,"data-tone":nt[e]??`weak`,children:t??L(e)}),rt=({address:e})=>{let t=e.lastIndexOf(`@`)+1;return(0,w.jsxs)(w.Fragment,{children:[e.slice(0,t),(0,w.jsx)(`wbr`,{}),e.slice(t)]})},it=({isPaused:e,isConnected:t,waiting:n})=>t?e?{state:`paused`,text:n===0?`Paused`:`Paused, ${F(n)} new`}:{state:`live`,text:`Live`}:{state:`away`,text:`Connecting again …`},at=({tail:e})=>{let{state:t,text:n}=it(e);return e.fault?(0,w.jsxs)(o,{children:[`Events cannot be followed. `,e.fault]}):(0,w.jsxs)(`div`,{className:`ag-connection`,"data-state":t,children:[(0,w.jsx)(`span`,{role:`status`,children:n}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>e.setPaused(!e.isPaused),children:e.isPaused?`Resume`:`Pause`})]})},z=({label:e,columns:t,rows:n,keyOf:r,empty:i})=>n.length===0?(0,w.jsx)(`p`,{className:`ag-empty`,children:i}):(0,w.jsxs)(`table`,{role:`table`,"aria-label":e,className:`ag-table`,children:[(0,w.jsx)(`thead`,{role:`rowgroup`,children:(0,w.jsx)(`tr`,{role:`row`,children:t.map(({title:e,isUntitled:t})=>(0,w.jsx)(`th`,{role:`columnheader`,scope:`col`,children:(0,w.jsx)(`span`,{className:t?`ag-hidden`:void 0,children:e})},e))})}),(0,w.jsx)(`tbody`,{role:`rowgroup`,children:n.map(e=>(0,w.jsx)(`tr`,{role:`row`,children:t.map(({title:t,isUntitled:n,cell:r})=>(0,w.jsx)(`td`,{role:`cell`,"data-title":n?void 0:t,children:r(e)},t))},r(e)))})]}),B=({user:e})=>(0,w.jsx)(T,{href:x(`/users/${e.id}`),children:(0,w.jsx)(rt,{address:e.email})}),ot=({event:{actor:e,subject:t}})=>t?(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(B,{user:t}),e&&e.id!==t.id&&(0,w.jsxs)(`small`,{className:`ag-weak`,children:[`by `,(0,w.jsx)(B,{user:e})]})]}):e?(0,w.jsx)(B,{user:e}):(0,w.jsx)(`span`,{className:`ag-weak`,children:`Nobody known`}),V=({label:e,events:t,empty:n})=>{let r=b();return(0,w.jsx)(z,{label:e,columns:[{title:`Time`,cell:({at:e})=>(0,w.jsx)(I,{at:e,isExact:!0})},{title:`Event`,cell:({id:e,action:t})=>(0,w.jsx)(T,{href:S(r,{event:e}),children:L(t)})},{title:`Outcome`,cell:({outcome:e,reason:t})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(R,{value:e}),` `,t&&(0,w.jsx)(`small`,{className:`ag-weak`,children:L(t)})]})},{title:`User`,cell:e=>(0,w.jsx)(ot,{event:e})},{title:`Address`,cell:({ipAddress:e})=>e??(0,w.jsx)(`span`,{className:`ag-weak`,children:`None`})}],rows:t,keyOf:({id:e})=>e,empty:n})},st=e=>fe.some(t=>t===e&&e!==`UNKNOWN`),ct=e=>e===`SUCCESS`||e===`FAILURE`,lt=e=>{let t=t=>e.get(t)??void 0,n=e.getAll(`action`).filter(st),r=e.get(`outcome`),[i,a]=[t(`from`),t(`until`)],o={actions:n.length>0?n:void 0,outcomes:ct(r)?[r]:void 0,actorId:t(`actor`),subjectId:t(`subject`),sessionId:t(`session`),ipAddress:t(`ip`),at:i||a?{from:i,before:a}:void 0};return Object.values(o).some(e=>e!==void 0)?o:void 0},ut=Object.fromEntries([`action`,`outcome`,`actor`,`subject`,`session`,`ip`,`from`,`until`].map(e=>[e,null])),H=({label:e,value:t,options:n,onChange:r})=>{let i=(0,v.useId)();return(0,w.jsxs)(`div`,{className:`ag-field`,children:[(0,w.jsx)(`label`,{htmlFor:i,children:e}),(0,w.jsx)(`select`,{id:i,value:t,onChange:e=>r(e.target.value),children:n.map(([e,t])=>(0,w.jsx)(`option`,{value:e,children:t},e))})]})},dt=e=>{let t=new Date(e);return Number.isNaN(t.getTime())?``:new Date(t.getTime()-t.getTimezoneOffset()*6e4).toISOString().slice(0,16)},U=({label:e,value:t,onChange:n,isRequired:r=!1})=>{let i=(0,v.useId)(),a=(0,v.useRef)(null);(0,v.useEffect)(()=>{a.current&&(a.current.value=dt(t))},[t]);let o=()=>{let e=a.current?.value??``,r=e&&new Date(e).toISOString();r!==t&&n(r)};return(0,w.jsxs)(`div`,{className:`ag-field`,children:[(0,w.jsx)(`label`,{htmlFor:i,children:e}),(0,w.jsx)(`input`,{ref:a,id:i,type:`datetime-local`,required:r,defaultValue:dt(t),onBlur:o,onKeyDown:({key:e})=>e===`Enter`&&o()})]})},W=({label:e,children:t})=>(0,w.jsx)(`search`,{className:`ag-filters`,"aria-label":e,children:t}),ft=[[``,`Any`],[`SUCCESS`,`Success`],[`FAILURE`,`Failure`]],pt=fe.filter(e=>e!==`UNKNOWN`).map(e=>[e,L(e)]).sort(([,e],[,t])=>e.localeCompare(t)),mt=()=>{let e=b(),{params:t}=e,n=t=>C(S(e,{...t,...k()})),r=e=>t.get(e)??``,i=Object.keys(ut).some(e=>t.has(e));return(0,w.jsxs)(W,{label:`Filter of the events`,children:[(0,w.jsx)(ht,{chosen:t.getAll(`action`),onChange:e=>n({action:e})}),(0,w.jsx)(H,{label:`Outcome`,value:r(`outcome`),options:ft,onChange:e=>n({outcome:e})}),(0,w.jsx)(U,{label:`From`,value:r(`from`),onChange:e=>n({from:e})}),(0,w.jsx)(U,{label:`Until`,value:r(`until`),onChange:e=>n({until:e})}),(0,w.jsx)(vt,{params:t,set:n}),i&&(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>n(ut),children:`Clear all filters`})]})},ht=({chosen:e,onChange:t})=>{let n=n=>t(e.includes(n)?e.filter(e=>e!==n):[...e,n]);return(0,w.jsxs)(`details`,{className:`ag-choices`,children:[(0,w.jsxs)(`summary`,{children:[`Events: `,e.length===0?`any`:e.length===1?L(e[0]??``):`${e.length} kinds`]}),(0,w.jsxs)(`fieldset`,{children:[(0,w.jsx)(`legend`,{className:`ag-hidden`,children:`Kinds of events`}),pt.map(([t,r])=>(0,w.jsxs)(`label`,{children:[(0,w.jsx)(`input`,{type:`checkbox`,checked:e.includes(t),onChange:()=>n(t)}),` `,r]},t))]})]})},gt=/^user_/,_t=[[`subject`,`It happened to`],[`actor`,`It was done by`]],vt=({params:e,set:t})=>{let n=m(),r=e.get(`actor`)??e.get(`subject`)??``,[i,a]=(0,v.useState)(e.has(`actor`)?`actor`:`subject`),[o,s]=(0,v.useState)(r),[c,l]=(0,v.useState)(e.get(`ip`)??``),[u,d]=(0,v.useState)(e.get(`session`)??``);return(0,v.useEffect)(()=>{s(r),l(e.get(`ip`)??``),d(e.get(`session`)??``)},[e]),(0,w.jsxs)(h,{action:n,submit:`Apply`,onSubmit:async()=>{let e=o===``||gt.test(o)?o:await yt(o.trim().toLowerCase());t({ip:c.trim(),session:u.trim(),actor:null,subject:null,[i]:e})},children:[(0,w.jsx)(p,{label:`User (address or id)`,required:!1,value:o,onChange:e=>s(e.target.value)}),(0,w.jsx)(H,{label:`The user's part`,value:i,options:_t,onChange:a}),(0,w.jsx)(p,{label:`IP address`,required:!1,value:c,onChange:e=>l(e.target.value)}),(0,w.jsx)(p,{label:`Session (id)`,required:!1,value:u,onChange:e=>d(e.target.value)})]})},yt=async e=>{let{users:t}=await _.request(be,{email:e}),n=t.nodes.find(t=>t.email===e);if(!n)throw Error(`No user has the address ${e}.`);return n.id},bt=200,xt=1500,St=(e,n,r)=>{let[i,o]=(0,v.useState)([]),[s,c]=(0,v.useState)(),[l,u]=(0,v.useState)(!0),[d,f]=(0,v.useState)(),ee=JSON.stringify(n??{}),p=e.askedAt>0,m=(0,v.useRef)(void 0);m.current=e.data?.auditEvents.nodes[0]?.id??e.data?.newest.nodes[0]?.id,(0,v.useEffect)(()=>{if(o([]),f(void 0),!p||!r)return;let e=new AbortController,i,s=e=>{clearTimeout(i),e?u(!0):i=setTimeout(()=>u(!1),xt)};return(async()=>{let r={...n&&{filter:n},...m.current&&{after:m.current}};try{for await(let{auditEvents:t}of _.subscribe(_e,r,{signal:e.signal,onConnection:s}))o(e=>[{event:t,at:performance.now()},...e])}catch(n){!e.signal.aborted&&!(n instanceof t&&n.endsSession)&&f(a(n))}})(),()=>{e.abort(),clearTimeout(i)}},[ee,p,r]),(0,v.useEffect)(()=>o(t=>t.filter(({at:t})=>t>=e.askedAt)),[e.askedAt]);let h=i.length>=bt&&s===void 0;(0,v.useEffect)(()=>{h&&e.reload()},[h]);let g=i.filter(({at:e})=>s===void 0||e<s).map(({event:e})=>e);return{live:g,waiting:i.length-g.length,isPaused:s!==void 0,isConnected:l,fault:d,setPaused:e=>c(e?performance.now():void 0),join:e=>{let t=new Set(g.map(({id:e})=>e));return[...g,...e.filter(({id:e})=>!t.has(e))]}}},Ct=60,wt=3,Tt=async(e,n,r)=>{for(let i=0;;i++)try{return await e()}catch(e){if(n.throwIfAborted(),!(e instanceof t&&e.isTransient)||e.code!==`RATE_LIMITED`&&i===wt)throw e;let a=Math.min(e.retryAfter??2**i,Ct);r(a),await Et(a*1e3,n)}},Et=(e,t)=>new Promise((n,r)=>{let i=setTimeout(n,e);t.addEventListener(`abort`,()=>(clearTimeout(i),r(t.reason)),{once:!0})}),Dt=async({filter:e,format:t,signal:n,onProgress:r})=>{let i=t===`csv`?[`${kt.map(([e])=>e).join(`,`)}\r\n`]:[],a=t===`csv`?At:Ot,o=0;for(let t=null;;){let{auditEvents:s}=await Tt(()=>_.request(ye,{filter:e,after:t},{signal:n}),n,e=>r({events:o,pause:e}));for(let e of s.nodes)i.push(a(e));if(o+=s.nodes.length,r({events:o,pause:0}),!s.pageInfo.hasNextPage)break;t=s.pageInfo.endCursor}return new Blob(i,{type:t===`csv`?`text/csv`:`application/jsonl`})},Ot=e=>`${JSON.stringify(e)}\n`,kt=[[`id`,({id:e})=>e],[`at`,({at:e})=>e],[`action`,({action:e})=>e],[`outcome`,({outcome:e})=>e],[`reason`,({reason:e})=>e],[`actor_id`,({actor:e})=>e?.id??null],[`actor_email`,({actor:e})=>e?.email??null],[`subject_id`,({subject:e})=>e?.id??null],[`subject_email`,({subject:e})=>e?.email??null],[`session_id`,({sessionId:e})=>e],[`ip_address`,({ipAddress:e})=>e],[`user_agent`,({userAgent:e})=>e],[`correlation_id`,({correlationId:e})=>e],[`changes`,({changes:e})=>e.length===0?null:JSON.stringify(e)],[`metadata`,({metadata:e})=>JSON.stringify(e)]],At=e=>`${kt.map(([,t])=>Mt(t(e)??``)).join(`,`)}\r\n`,jt=/^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/,Mt=e=>{let t=jt.test(e)?`'${e}`:e;return/[",\r\n]/.test(t)?`"${t.replaceAll(`"`,`""`)}"`:t},Nt=(e,t)=>{let n=URL.createObjectURL(e),r=document.createElement(`a`);r.href=n,r.download=t,r.click(),setTimeout(()=>URL.revokeObjectURL(n),6e4)},Pt=e=>e===0?``:` Waiting ${Math.ceil(e)} s for the server.`,Ft=()=>{let e=m(),t=(0,v.useRef)(void 0);(0,v.useEffect)(()=>()=>t.current?.abort(),[]);let n=n=>{let r=new AbortController;return t.current=r,e.run(()=>n(r.signal).catch(e=>{if(!r.signal.aborted)throw e}))};return{...e,run:n,stop:()=>t.current?.abort()}},It=({filter:e})=>{let t=Ft(),[n,r]=(0,v.useState)(``),i=n=>t.run(async t=>{r(`Exporting …`);let i=0;t.addEventListener(`abort`,()=>r(`Stopped after ${F(i)} events. Nothing was saved.`)),Nt(await Dt({filter:e,format:n,signal:t,onProgress:e=>{i=e.events,r(`Exporting … ${F(i)} events.${Pt(e.pause)}`)}}),`audit-${new Date().toISOString().slice(0,19).replaceAll(`:`,``)}.${n}`),r(`${F(i)} events exported.`)});return(0,w.jsxs)(zt,{text:n,fault:t.fault,isRunning:t.isRunning,onStop:t.stop,stopLabel:`Stop the export`,children:[(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>void i(`jsonl`),children:`Export as JSON lines`}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>void i(`csv`),children:`Export as CSV`})]})},Lt=()=>{let e=Ft(),[t,n]=(0,v.useState)(``),[r,i]=(0,v.useState)(),a=()=>e.run(async e=>{i(void 0),n(`Verifying …`);let t=0;e.addEventListener(`abort`,()=>n(`Stopped after ${F(t)} events.`));for(let r=null;;){let{auditIntegrity:a}=await Tt(()=>_.request(xe,{after:r},{signal:e}),e,e=>n(`Verifying … ${F(t)} events so far.${Pt(e)}`));if(t+=a.verifiedEventCount,a.break)return i(a.break),n(`Broken after ${F(t)} events.`);if(a.endCursor===null)return n(`Whole: ${F(t)} events, none of them changed, removed, moved or added.`);n(`Verifying … ${F(t)} events so far.`),r=a.endCursor}});return(0,w.jsxs)(zt,{text:t,fault:e.fault,isRunning:e.isRunning,onStop:e.stop,stopLabel:`Stop the verification`,children:[(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>void a(),children:`Verify the chain`}),r&&(0,w.jsx)(Rt,{broken:r})]})},Rt=({broken:{message:e,event:t}})=>{let n=b();return(0,w.jsxs)(`div`,{role:`alert`,className:`ag-fault`,children:[(0,w.jsx)(`strong`,{children:e}),` `,t&&(0,w.jsxs)(w.Fragment,{children:[`It is the event`,` `,(0,w.jsxs)(T,{href:S(n,{event:t.id}),children:[L(t.action),` of `,tt(t.at)]}),`.`]})]})},zt=({text:e,fault:t,isRunning:n,onStop:r,stopLabel:i,children:a})=>(0,w.jsxs)(`div`,{className:`ag-task`,children:[n?(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:r,children:i}):a,(0,w.jsx)(`span`,{role:`status`,children:t?``:e}),(0,w.jsx)(o,{children:t})]}),Bt=50,Vt=()=>{let e=b(),t=lt(e.params),n=A(e,Bt),r=N(ge,{...n,...t&&{filter:t}}),i=!n.after&&!n.before&&!e.params.has(`until`),a=St(r,t,i);return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`Audit`}),i&&(0,w.jsx)(at,{tail:a})]}),(0,w.jsx)(mt,{}),(0,w.jsxs)(`div`,{className:`ag-tasks`,children:[(0,w.jsx)(It,{filter:t}),(0,w.jsx)(Lt,{})]}),(0,w.jsx)(P,{reading:r,children:({auditEvents:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(V,{label:`Events`,events:i?a.join(e.nodes):e.nodes,empty:t?`No event matches the filter.`:`Nothing has happened yet.`}),(0,w.jsx)(j,{label:`events`,page:e.pageInfo,shown:e.nodes.length,size:Bt})]})})]})},Ht=({id:e})=>{let t=b(),n=N(ve,{id:e});return(0,w.jsx)(Ue,{title:`Event`,onClose:()=>C(S(t,{event:null}),{replace:!0}),children:(0,w.jsx)(P,{reading:n,children:({node:e})=>e?.__typename===`AuditEvent`?(0,w.jsx)(Ut,{event:e}):(0,w.jsx)(`p`,{children:`There is no such event.`})})})},Ut=({event:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsxs)(`dl`,{className:`ag-facts`,children:[(0,w.jsxs)(G,{title:`Event`,children:[L(e.action),` `,(0,w.jsx)(`code`,{children:e.action})]}),(0,w.jsxs)(G,{title:`Outcome`,children:[(0,w.jsx)(R,{value:e.outcome}),` `,e.reason&&(0,w.jsx)(`code`,{children:e.reason})]}),(0,w.jsxs)(G,{title:`Time`,children:[(0,w.jsx)(I,{at:e.at,isExact:!0}),` `,(0,w.jsx)(`code`,{children:e.at})]}),(0,w.jsx)(G,{title:`Done by`,children:e.actor?(0,w.jsx)(B,{user:e.actor}):`Nobody who was signed in`}),(0,w.jsx)(G,{title:`Happened to`,children:e.subject?(0,w.jsx)(B,{user:e.subject}):`No account`}),(0,w.jsx)(G,{title:`IP address`,children:e.ipAddress===null?`None`:(0,w.jsx)(T,{href:x(`/audit`,{ip:e.ipAddress}),children:e.ipAddress})}),(0,w.jsx)(G,{title:`User agent`,children:e.userAgent??`None`}),(0,w.jsx)(G,{title:`Session`,children:e.sessionId===null?`None`:(0,w.jsx)(T,{href:x(`/audit`,{session:e.sessionId}),children:e.sessionId})}),e.endedSessionCount>0&&(0,w.jsx)(G,{title:`Sessions ended`,children:F(e.endedSessionCount)}),(0,w.jsx)(G,{title:`Correlation id`,children:(0,w.jsx)(`code`,{children:e.correlationId})}),(0,w.jsx)(G,{title:`Event id`,children:(0,w.jsx)(`code`,{children:e.id})})]}),e.changes.length>0&&(0,w.jsx)(Wt,{changes:e.changes}),(0,w.jsx)(`h3`,{children:`Details`}),(0,w.jsx)(`pre`,{className:`ag-json`,tabIndex:0,role:`region`,"aria-label":`Details as JSON`,children:JSON.stringify(e.metadata,null,2)})]}),G=({title:e,children:t})=>(0,w.jsxs)(`div`,{children:[(0,w.jsx)(`dt`,{children:e}),(0,w.jsx)(`dd`,{children:t})]}),Wt=({changes:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`h3`,{children:`Changes`}),(0,w.jsxs)(`table`,{className:`ag-changes`,children:[(0,w.jsx)(`thead`,{children:(0,w.jsxs)(`tr`,{children:[(0,w.jsx)(`th`,{scope:`col`,children:`Field`}),(0,w.jsx)(`th`,{scope:`col`,children:`Before`}),(0,w.jsx)(`th`,{scope:`col`,children:`After`})]})}),(0,w.jsx)(`tbody`,{children:e.map(({field:e,from:t,to:n})=>(0,w.jsxs)(`tr`,{children:[(0,w.jsx)(`th`,{scope:`row`,children:e}),(0,w.jsx)(`td`,{children:t??`–`}),(0,w.jsx)(`td`,{children:n??`–`})]},e))})]})]}),K=280,q=96,Gt=new Intl.DateTimeFormat(void 0,{weekday:`short`,timeZone:`UTC`}),Kt=new Intl.DateTimeFormat(void 0,{dateStyle:`medium`,timeZone:`UTC`}),J=({title:e,days:t,valueOf:n,tone:r,isSum:i=!0})=>{let a=t.map(n),o=Math.max(...a,1),s=K/t.length,c=i?a.reduce((e,t)=>e+t,0):a.at(-1)??0;return(0,w.jsxs)(`figure`,{className:`ag-chart`,"data-tone":r,children:[(0,w.jsxs)(`figcaption`,{children:[(0,w.jsx)(`h3`,{children:e}),(0,w.jsx)(`strong`,{children:F(c)}),` `,(0,w.jsx)(`span`,{className:`ag-weak`,children:i?`in seven days`:`today`})]}),(0,w.jsxs)(`svg`,{viewBox:`0 0 ${K} 112`,role:`img`,"aria-label":`${e}: ${a.map(F).join(`, `)}`,children:[(0,w.jsx)(`line`,{x1:`0`,x2:K,y1:q,y2:q}),t.map((e,t)=>{let r=n(e)/o*80,i=(t+.5)*s;return(0,w.jsxs)(`g`,{children:[(0,w.jsx)(`title`,{children:`${Kt.format(new Date(e.date))}: ${F(n(e))}`}),(0,w.jsx)(`rect`,{x:i-s*.3,width:s*.6,y:q-r,height:r,rx:`2`}),(0,w.jsx)(`text`,{x:i,y:q-r-4,children:F(n(e))}),(0,w.jsx)(`text`,{x:i,y:109,className:`ag-axis`,children:Gt.format(new Date(e.date))})]},e.date)})]}),(0,w.jsxs)(`details`,{children:[(0,w.jsxs)(`summary`,{children:[`Table`,(0,w.jsxs)(`span`,{className:`ag-hidden`,children:[` of `,e.toLowerCase()]})]}),(0,w.jsxs)(`table`,{children:[(0,w.jsx)(`thead`,{children:(0,w.jsxs)(`tr`,{children:[(0,w.jsx)(`th`,{scope:`col`,children:`Day (UTC)`}),(0,w.jsx)(`th`,{scope:`col`,children:e})]})}),(0,w.jsx)(`tbody`,{children:t.map(e=>(0,w.jsxs)(`tr`,{children:[(0,w.jsx)(`th`,{scope:`row`,children:Kt.format(new Date(e.date))}),(0,w.jsx)(`td`,{children:F(n(e))})]},e.date))})]})]})]})},qt=8,Jt=({onEvent:e})=>{let t=N(ge,{first:qt}),n=St(t,void 0,!0),r=n.live[0]?.id;return(0,v.useEffect)(()=>{r!==void 0&&e()},[r]),(0,w.jsxs)(`section`,{"aria-labelledby":`feed`,children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h2`,{id:`feed`,children:`Latest events`}),(0,w.jsx)(at,{tail:n})]}),(0,w.jsx)(P,{reading:t,children:({auditEvents:e})=>(0,w.jsx)(V,{label:`Latest events`,events:n.join(e.nodes).slice(0,qt),empty:`Nothing has happened yet.`})}),(0,w.jsx)(`p`,{children:(0,w.jsx)(T,{href:x(`/audit`),children:`All events`})})]})},Yt=1e4,Xt=()=>{let e=N(Se,{}),t=Qt(e.reload);return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`Overview`}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:e.reload,children:`Refresh`})]}),(0,w.jsx)(P,{reading:e,children:({dashboard:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(Zt,{totals:e.totals}),(0,w.jsx)(`h2`,{children:`Last seven days`}),(0,w.jsxs)(`div`,{className:`ag-charts`,children:[(0,w.jsx)(J,{title:`Registrations`,days:e.days,valueOf:e=>e.registrations}),(0,w.jsx)(J,{title:`Logins`,days:e.days,valueOf:e=>e.logins}),(0,w.jsx)(J,{title:`Failed logins`,tone:`bad`,days:e.days,valueOf:e=>e.failedLogins}),(0,w.jsx)(J,{title:`Active users`,isSum:!1,days:e.days,valueOf:e=>e.activeUsers})]})]})}),(0,w.jsx)(Jt,{onEvent:t})]})},Zt=({totals:e})=>(0,w.jsxs)(`dl`,{className:`ag-totals`,children:[(0,w.jsx)(Y,{title:`Users`,value:e.users,href:x(`/users`)}),(0,w.jsx)(Y,{title:`Verified`,value:e.verified,href:x(`/users`,{verified:`yes`})}),(0,w.jsx)(Y,{title:`With a second factor`,value:e.withMfa,href:x(`/users`,{mfa:`yes`})}),(0,w.jsx)(Y,{title:`Locked`,value:e.locked,href:x(`/users`,{status:`LOCKED`})}),(0,w.jsx)(Y,{title:`Active sessions`,value:e.activeSessions})]}),Y=({title:e,value:t,href:n})=>(0,w.jsxs)(`div`,{children:[(0,w.jsx)(`dt`,{children:e}),(0,w.jsx)(`dd`,{children:n===void 0?F(t):(0,w.jsx)(T,{href:n,children:F(t)})})]}),Qt=e=>{let t=(0,v.useRef)(void 0),n=(0,v.useRef)(e);return n.current=e,(0,v.useEffect)(()=>()=>clearTimeout(t.current),[]),()=>{t.current??=setTimeout(()=>{t.current=void 0,n.current()},Yt)}},$t=()=>{let e=b(),t=N(Ce,{}),n=e.params.get(`search`)??``,r=e.params.has(`changed`),i=t=>C(S(e,t),{replace:!0}),a=e=>(!r||!e.isDefault)&&`${e.name} ${e.description}`.toLowerCase().includes(n.trim().toLowerCase());return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`Settings`}),(0,w.jsx)(`p`,{className:`ag-weak`,children:`What this server runs with. Settings are environment variables: change them there, and start it again.`}),(0,w.jsxs)(W,{label:`Filter of the settings`,children:[(0,w.jsxs)(`div`,{className:`ag-field`,children:[(0,w.jsx)(`label`,{htmlFor:`search`,children:`Search`}),(0,w.jsx)(`input`,{id:`search`,type:`search`,value:n,onChange:e=>i({search:e.target.value})})]}),(0,w.jsxs)(`label`,{className:`ag-check`,children:[(0,w.jsx)(`input`,{type:`checkbox`,checked:r,onChange:()=>i({changed:r?null:`yes`})}),` Only what differs from the default`]})]}),(0,w.jsx)(P,{reading:t,children:({settings:e})=>(0,w.jsx)(en,{settings:e.filter(a)})})]})},en=({settings:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`p`,{role:`status`,children:e.length===0?`No setting matches.`:e.length===1?`1 setting`:`${F(e.length)} settings`}),[...new Set(e.map(({section:e})=>e))].map(t=>(0,w.jsxs)(`section`,{className:`ag-card`,"aria-label":t,children:[(0,w.jsx)(`h2`,{children:t}),(0,w.jsx)(`dl`,{className:`ag-settings`,children:e.filter(e=>e.section===t).map(e=>(0,w.jsx)(tn,{setting:e},e.name))})]},t))]}),tn=({setting:e})=>(0,w.jsxs)(`div`,{children:[(0,w.jsxs)(`dt`,{children:[(0,w.jsx)(`code`,{children:e.name}),!e.isDefault&&(0,w.jsx)(`span`,{className:`ag-badge ag-changed`,children:`Changed`})]}),(0,w.jsxs)(`dd`,{children:[(0,w.jsx)(rn,{setting:e}),(0,w.jsx)(`p`,{className:`ag-weak`,children:(0,w.jsx)(nn,{text:e.description})})]})]}),nn=({text:e})=>e.replaceAll(/\[([^\]]+)\]\([^)]*\)/g,`$1`).split("`").map((e,t)=>t%2==0?e:(0,w.jsx)(`code`,{children:e},t)),rn=({setting:{isSecret:e,isDefault:t,value:n,defaultValue:r}})=>e?(0,w.jsxs)(`p`,{children:[t?`Not set`:`Set`,`, and never shown: it is a secret.`]}):(0,w.jsxs)(`p`,{children:[n?(0,w.jsx)(`code`,{children:n}):`Not set`,!t&&(0,w.jsxs)(`span`,{className:`ag-weak`,children:[` Default: `,r?(0,w.jsx)(`code`,{children:r}):`not set`]})]}),X=({status:e})=>e!==`DELETED`&&e!==`ERASED`,Z=({id:e})=>({input:{userId:e}}),an={label:`Edit`,isOffered:X,meaning:``,run:null},Q={label:`Lock`,isOffered:(e,t)=>X(e)&&!t&&e.lock?.cause!==`ADMINISTRATOR`,meaning:`All sessions end, and nobody can sign in to this account until the lock ends. A password reset does not remove the lock.`,run:null,isDangerous:!0},on=[an,Q,{label:`Unlock`,isOffered:e=>X(e)&&e.lock!==null,meaning:`Every lock of the account is removed, also one after too many wrong passwords.`,run:async e=>(await _.request(ke,Z(e)),`${e.email} is unlocked.`)},{label:`Mark email verified`,isOffered:e=>X(e)&&!e.emailVerified,meaning:`The address counts as proven from now on. There is no way back.`,run:async e=>(await _.request(Ae,Z(e)),`The address ${e.email} is verified.`)},{label:`Send password reset`,isOffered:X,meaning:`The user gets an email with a link to choose a password. Who has not accepted the invitation yet gets another one.`,run:async e=>(await _.request(je,Z(e)),`The email to ${e.email} is on its way.`)},{label:`Reset second factor`,isOffered:(e,t)=>X(e)&&!t&&e.mfa.enabled,meaning:`The second factor is turned off, for a user who has lost it. All sessions end, and an email informs the user.`,run:async e=>(await _.request(Me,Z(e)),`The second factor of ${e.email} is off.`),isDangerous:!0},{label:`End sessions`,isOffered:X,meaning:`The user is signed out everywhere.`,run:async e=>{let{endedSessionCount:t}=(await _.request(Ne,Z(e))).revokeUserSessions;return`${F(t)} ${t===1?`session`:`sessions`} of ${e.email} ended.`},isDangerous:!0},{label:`Delete`,isOffered:(e,t)=>X(e)&&!t,meaning:`All sessions end, and only administrators still see the account. It can be restored until its data is erased.`,run:async e=>(await _.request(Fe,Z(e)),`${e.email} is deleted.`),isDangerous:!0},{label:`Restore`,isOffered:({status:e})=>e===`DELETED`,meaning:`The account works again as it did before it was deleted.`,run:async e=>(await _.request(Ie,Z(e)),`${e.email} is restored.`)}],sn=({action:e,...t})=>{let{user:n,onDone:r,onClose:i}=t;if(e===an)return(0,w.jsx)(fn,{...t});if(e===Q)return(0,w.jsx)(un,{...t});let a=e.run??(()=>Promise.resolve(``));return(0,w.jsx)(O,{title:`${e.label}: ${n.email}`,submit:e.label,run:()=>a(n),onDone:r,onClose:i,children:(0,w.jsx)(`p`,{children:e.meaning})})},cn=36e5,ln=[[``,`Until I unlock it`],[String(cn),`For an hour`],[String(24*cn),`For a day`],[String(168*cn),`For a week`],[`date`,`Until a date`]],un=({user:e,onDone:t,onClose:n})=>{let[r,i]=(0,v.useState)(``),[a,o]=(0,v.useState)(``);return(0,w.jsxs)(O,{title:`Lock: ${e.email}`,submit:`Lock`,run:async()=>{let t=r===`date`?a:r&&new Date(Date.now()+Number(r)).toISOString();return await _.request(Oe,{input:{userId:e.id,until:t||null}}),t?`${e.email} is locked until ${tt(t)}.`:`${e.email} is locked.`},onDone:t,onClose:n,children:[(0,w.jsx)(`p`,{children:Q.meaning}),(0,w.jsx)(H,{label:`How long`,value:r,options:ln,onChange:i}),r===`date`&&(0,w.jsx)(U,{label:`Locked until`,value:a,onChange:o,isRequired:!0})]})},dn=[[`USER`,`User`],[`ADMIN`,`Administrator`]],fn=({user:e,isOwn:t,onDone:n,onClose:r})=>{let[i,a]=(0,v.useState)(e.name??``),[o,s]=(0,v.useState)(e.locale??``),[c,l]=(0,v.useState)(e.role);return(0,w.jsxs)(O,{title:`Edit: ${e.email}`,submit:`Save`,run:async()=>{let t={...i!==(e.name??``)&&{name:i.trim()||null},...e.locale!==void 0&&o!==(e.locale??``)&&{locale:o.trim()||null},...c!==e.role&&{role:c}};return await _.request(De,{input:{userId:e.id,...t}}),`${e.email} is changed.`},onDone:n,onClose:r,children:[(0,w.jsx)(p,{label:`Name`,required:!1,maxLength:80,value:i,onChange:e=>a(e.target.value)}),e.locale!==void 0&&(0,w.jsx)(p,{label:`Language, such as en or pt-BR`,required:!1,value:o,onChange:e=>s(e.target.value)}),t?(0,w.jsx)(`p`,{className:`ag-weak`,children:`Nobody changes their own role.`}):(0,w.jsx)(H,{label:`Role`,value:c,options:dn,onChange:l})]})},pn=20,mn=`history-`,hn=({id:e,changes:t})=>{let n=N(Ee,{id:e,...A(b(),pn,mn)});return(0,v.useEffect)(()=>{t>0&&n.reload()},[t]),(0,w.jsxs)(`section`,{"aria-labelledby":`history`,children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h2`,{id:`history`,children:`History`}),(0,w.jsxs)(`span`,{children:[(0,w.jsx)(T,{href:x(`/audit`,{subject:e}),children:`Follow in the audit trail`}),` ·`,` `,(0,w.jsx)(T,{href:x(`/audit`,{actor:e}),children:`What the user did`})]})]}),(0,w.jsx)(P,{reading:n,children:({user:e})=>e&&(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(V,{label:`History`,events:e.auditEvents.nodes,empty:`Nothing has happened to this account.`}),(0,w.jsx)(j,{label:`the history`,page:e.auditEvents.pageInfo,shown:e.auditEvents.nodes.length,size:pn,prefix:mn})]})})]})},gn=10,_n=`sessions-`,vn=[[``,`Active`],[`all`,`Active and ended`]],yn=({id:e,changes:t,onDone:n})=>{let r=b(),i=r.params.get(`sessions`)===`all`?`all`:``,a=N(Te,{id:e,...A(r,gn,_n),...i===``&&{status:`ACTIVE`}}),[o,s]=(0,v.useState)();return(0,v.useEffect)(()=>{t>0&&a.reload()},[t]),(0,w.jsxs)(`section`,{"aria-labelledby":`sessions`,children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h2`,{id:`sessions`,children:`Sessions`}),(0,w.jsx)(H,{label:`Shown sessions`,value:i,options:vn,onChange:e=>C(S(r,{sessions:e,...k(_n)}))})]}),(0,w.jsx)(P,{reading:a,children:({user:e})=>e&&(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(z,{label:`Sessions`,columns:Cn(s),rows:e.sessions.nodes,keyOf:e=>e.id,empty:i===`all`?`There are no sessions.`:`The user is not signed in anywhere.`}),(0,w.jsx)(j,{label:`sessions`,page:e.sessions.pageInfo,shown:e.sessions.nodes.length,size:gn,prefix:_n})]})}),o&&(0,w.jsx)(bn,{session:o,onDone:n,onClose:()=>s(void 0)})]})},bn=({session:e,onDone:t,onClose:n})=>(0,w.jsx)(O,{title:`End session: ${$(e)}`,submit:`End session`,run:async()=>(await _.request(Pe,{input:{sessionId:e.id}}),`The session on ${$(e)} ended.`),onDone:t,onClose:n,children:(0,w.jsx)(`p`,{children:`This device is signed out at once. The other sessions of the user go on.`})}),xn=({device:{browser:e,os:t}})=>[e,t].filter(Boolean).join(` on `),$=e=>e.device.name??(xn(e)||`Unknown device`),Sn=e=>{let{name:t}=e.device,n=xn(e);return(0,w.jsxs)(w.Fragment,{children:[$(e),t&&n&&(0,w.jsx)(`small`,{className:`ag-weak`,children:n})]})},Cn=e=>[{title:`Device`,cell:Sn},{title:`Status`,cell:({status:e,endReason:t,current:n})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(R,{value:e}),` `,n&&(0,w.jsx)(R,{value:`OWN`,children:`This one`}),t&&(0,w.jsx)(`small`,{className:`ag-weak`,children:L(t)})]})},{title:`Signed in with`,cell:({authMethods:e})=>e.map(L).join(`, `)},{title:`Address`,cell:({ipAddress:e})=>e??`None`},{title:`Opened`,cell:({createdAt:e})=>(0,w.jsx)(I,{at:e})},{title:`Last used`,cell:({lastSeenAt:e})=>(0,w.jsx)(I,{at:e})},{title:`Ended`,cell:({endedAt:e})=>e?(0,w.jsx)(I,{at:e}):(0,w.jsx)(`span`,{className:`ag-weak`,children:`–`})},{title:`Actions`,isUntitled:!0,cell:t=>t.status===`ACTIVE`&&!t.current&&(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,"aria-label":`End the session on ${$(t)}`,onClick:()=>e(t),children:`End`})}],wn=({id:e,own:t})=>{let n=N(we,{id:e}),[r,i]=(0,v.useState)(0),a=n.data?.user,o=()=>{n.reload(),i(e=>e+1)};return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`p`,{className:`ag-crumb`,children:(0,w.jsx)(T,{href:x(`/users`),children:`Users`})}),(0,w.jsx)(`h1`,{tabIndex:-1,children:a?a.name??a.email:`User`}),(0,w.jsx)(P,{reading:n,children:({user:n})=>n?(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(Tn,{user:n,isOwn:t,onDone:o}),(0,w.jsx)(yn,{id:e,changes:r,onDone:o}),(0,w.jsx)(hn,{id:e,changes:r})]}):(0,w.jsx)(`p`,{children:`There is no such user.`})})]})},Tn=({user:e,isOwn:t,onDone:n})=>{let[r,i]=(0,v.useState)();return(0,w.jsxs)(`section`,{className:`ag-card`,"aria-label":`Profile`,children:[(0,w.jsxs)(`div`,{className:`ag-badges`,children:[(0,w.jsx)(R,{value:e.role,children:e.role===`ADMIN`?`Administrator`:`User`}),(0,w.jsx)(R,{value:e.status}),t&&(0,w.jsx)(R,{value:`OWN`,children:`This is you`})]}),(0,w.jsx)(Dn,{user:e}),(0,w.jsx)(`div`,{className:`ag-buttons`,role:`group`,"aria-label":`Actions`,children:on.filter(({isOffered:n})=>n(e,t)).map(e=>(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,"data-danger":e.isDangerous,onClick:()=>i(e),children:e.label},e.label))}),r&&(0,w.jsx)(sn,{action:r,user:e,isOwn:t,onDone:n,onClose:()=>i(void 0)})]})},En=(0,w.jsx)(`span`,{className:`ag-weak`,children:`Never`}),Dn=({user:e})=>(0,w.jsxs)(`dl`,{className:`ag-facts`,children:[(0,w.jsxs)(G,{title:`Email`,children:[e.email,` `,e.emailVerified?(0,w.jsx)(R,{value:`ACTIVE`,children:`Verified`}):(0,w.jsx)(R,{value:`NONE`,children:`Not verified`})]}),e.pendingEmail&&(0,w.jsx)(G,{title:`New email, not confirmed`,children:e.pendingEmail}),(0,w.jsx)(G,{title:`Name`,children:e.name??(0,w.jsx)(`span`,{className:`ag-weak`,children:`None`})}),(0,w.jsx)(G,{title:`Language`,children:e.locale??(0,w.jsx)(`span`,{className:`ag-weak`,children:`None`})}),e.lock&&(0,w.jsxs)(G,{title:`Locked`,children:[e.lock.cause===`ADMINISTRATOR`?`By an administrator`:L(e.lock.cause),`,`,` `,e.lock.until?(0,w.jsxs)(w.Fragment,{children:[`until `,(0,w.jsx)(I,{at:e.lock.until})]}):`without an end`]}),(0,w.jsx)(G,{title:`Password`,children:e.hasPassword?`Set`:`None`}),(0,w.jsxs)(G,{title:`Second factor`,children:[e.mfa.enabled?`On. Backup codes left: ${e.mfa.backupCodesRemaining}.`:`Off`,e.mfa.enabledAt&&(0,w.jsxs)(w.Fragment,{children:[` `,`Since `,(0,w.jsx)(I,{at:e.mfa.enabledAt}),`.`]})]}),(0,w.jsxs)(G,{title:`Linked providers`,children:[e.oauthAccounts.length===0&&(0,w.jsx)(`span`,{className:`ag-weak`,children:`None`}),e.oauthAccounts.map(({id:e,provider:t,email:n,linkedAt:r,lastUsedAt:i})=>(0,w.jsxs)(`div`,{children:[t.displayName,` `,n&&`(${n})`,`, linked `,(0,w.jsx)(I,{at:r}),i&&(0,w.jsxs)(w.Fragment,{children:[`, last used `,(0,w.jsx)(I,{at:i})]})]},e))]}),(0,w.jsx)(G,{title:`Created`,children:(0,w.jsx)(I,{at:e.createdAt})}),(0,w.jsx)(G,{title:`Last changed`,children:(0,w.jsx)(I,{at:e.updatedAt})}),(0,w.jsx)(G,{title:`Last sign-in`,children:e.lastLoginAt?(0,w.jsx)(I,{at:e.lastLoginAt}):En}),e.deletedAt&&(0,w.jsx)(G,{title:`Deleted`,children:(0,w.jsx)(I,{at:e.deletedAt})}),e.erasedAt&&(0,w.jsx)(G,{title:`Erased`,children:(0,w.jsx)(I,{at:e.erasedAt})}),(0,w.jsx)(G,{title:`Id`,children:(0,w.jsx)(`code`,{children:e.id})})]}),On=({label:e,items:t,onChoose:n})=>{let r=(0,v.useId)(),i=(0,v.useRef)(null),a=(0,v.useRef)(null),[o,s]=(0,v.useState)(!1),c=()=>{if(!i.current||!a.current)return;let{bottom:e,right:t,top:n}=i.current.getBoundingClientRect(),{offsetHeight:r,offsetWidth:o,style:s}=a.current;s.top=`${e+r<innerHeight?e:Math.max(n-r,0)}px`,s.left=`${Math.max(t-o,8)}px`},l=e=>{a.current?.hidePopover(),n(e)};return(0,v.useLayoutEffect)(()=>{o&&c()},[o]),(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`button`,{ref:i,type:`button`,className:`ag-button ag-more`,popoverTarget:r,"aria-expanded":o,"aria-label":e,children:`⋯`}),(0,w.jsx)(`div`,{ref:a,id:r,popover:`auto`,className:`ag-popover`,role:`group`,"aria-label":e,onToggle:e=>s(e.newState===`open`),children:o&&t.map(e=>(0,w.jsx)(`button`,{type:`button`,"data-danger":e.isDangerous,onClick:()=>l(e),children:e.label},e.label))})]})},kn=[`ACTIVE`,`INVITED`,`LOCKED`,`DELETED`,`ERASED`],An=[`USER`,`ADMIN`],jn={"":[{field:`CREATED_AT`,direction:`DESC`},`Newest first`],oldest:[{field:`CREATED_AT`,direction:`ASC`},`Oldest first`],"last-seen":[{field:`LAST_LOGIN_AT`,direction:`DESC`},`Last signed in first`],"long-away":[{field:`LAST_LOGIN_AT`,direction:`ASC`},`Longest away first`],email:[{field:`EMAIL`,direction:`ASC`},`Email, A to Z`],"email-desc":[{field:`EMAIL`,direction:`DESC`},`Email, Z to A`]},Mn=(e,t)=>e.find(e=>e===t),Nn=e=>e===`yes`||e!==`no`&&void 0,Pn=e=>{let t=Mn(kn,e.get(`status`)),n=Mn(An,e.get(`role`)),[r,i]=[e.get(`from`)??void 0,e.get(`until`)??void 0],a={search:e.get(`search`)?.trim()||void 0,statuses:t&&[t],roles:n&&[n],emailVerified:Nn(e.get(`verified`)),mfaEnabled:Nn(e.get(`mfa`)),createdAt:r||i?{from:r,before:i}:void 0};return Object.values(a).some(e=>e!==void 0)?a:void 0},Fn=e=>{let t=e.get(`order`)??``;return t===``?void 0:jn[t]?.[0]},In=Object.fromEntries([`search`,`status`,`role`,`verified`,`mfa`,`from`,`until`].map(e=>[e,null])),Ln=300,Rn=[[``,`Any`],[`yes`,`Yes`],[`no`,`No`]],zn=[[``,`All but deleted`],...kn.map(e=>[e,L(e)])],Bn=[[``,`Any`],...An.map(e=>[e,e===`ADMIN`?`Administrator`:`User`])],Vn=Object.entries(jn).map(([e,[,t]])=>[e,t]),Hn=()=>{let e=b(),{params:t}=e,n=t=>C(S(e,{...t,...k()})),r=e=>t.get(e)??``,i=Object.keys(In).some(e=>t.has(e));return(0,w.jsxs)(W,{label:`Filter of the users`,children:[(0,w.jsx)(Un,{place:e}),(0,w.jsx)(H,{label:`Status`,value:r(`status`),options:zn,onChange:e=>n({status:e})}),(0,w.jsx)(H,{label:`Role`,value:r(`role`),options:Bn,onChange:e=>n({role:e})}),(0,w.jsx)(H,{label:`Email verified`,value:r(`verified`),options:Rn,onChange:e=>n({verified:e})}),(0,w.jsx)(H,{label:`Second factor`,value:r(`mfa`),options:Rn,onChange:e=>n({mfa:e})}),(0,w.jsx)(U,{label:`Created from`,value:r(`from`),onChange:e=>n({from:e})}),(0,w.jsx)(U,{label:`Created until`,value:r(`until`),onChange:e=>n({until:e})}),(0,w.jsx)(H,{label:`Order`,value:r(`order`),options:Vn,onChange:e=>n({order:e})}),i&&(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,onClick:()=>n(In),children:`Clear all filters`})]})},Un=({place:e})=>{let t=e.params.get(`search`)??``,[n,r]=(0,v.useState)(t);return(0,v.useEffect)(()=>r(t),[t]),(0,v.useEffect)(()=>{if(n===t)return;let r=setTimeout(()=>C(S(e,{search:n,...k()}),{replace:t!==``}),Ln);return()=>clearTimeout(r)},[n]),(0,w.jsxs)(`div`,{className:`ag-field ag-wide`,children:[(0,w.jsx)(`label`,{htmlFor:`search`,children:`Search by email or name`}),(0,w.jsx)(`input`,{id:`search`,type:`search`,maxLength:100,autoComplete:`off`,spellCheck:!1,value:n,onChange:e=>r(e.target.value)})]})},Wn=[[`USER`,`User`],[`ADMIN`,`Administrator`]],Gn=({onDone:e,onClose:t})=>{let[n]=(0,v.useState)(()=>crypto.randomUUID()),[r,i]=(0,v.useState)(``),[a,o]=(0,v.useState)(``),[s,c]=(0,v.useState)(``),[l,u]=(0,v.useState)(`USER`);return(0,w.jsxs)(O,{title:`Invite a user`,submit:`Invite`,run:async()=>{let e={email:r,name:a.trim()||null,locale:s.trim()||null,role:l,idempotencyKey:n},{user:t}=(await _.request(ze,{input:e})).createUser;return`${t.email} is invited.`},onDone:e,onClose:t,children:[(0,w.jsx)(`p`,{children:`The user gets an email with a link to choose a password. Accepting it also verifies the address.`}),(0,w.jsx)(re,{}),(0,w.jsx)(p,{label:`Email address`,type:`email`,autoComplete:`off`,value:r,onChange:e=>i(e.target.value)}),(0,w.jsx)(p,{label:`Name`,required:!1,maxLength:80,autoComplete:`off`,value:a,onChange:e=>o(e.target.value)}),(0,w.jsx)(p,{label:`Language, such as en or pt-BR`,required:!1,value:s,onChange:e=>c(e.target.value)}),(0,w.jsx)(H,{label:`Role`,value:l,options:Wn,onChange:u})]})},Kn=25,qn=({ownId:e})=>{let t=b(),n=Pn(t.params),r=Fn(t.params),i=N(Le,{...A(t,Kn),...n&&{filter:n},...r&&{orderBy:r}}),[a,o]=(0,v.useState)(),[s,c]=(0,v.useState)(!1),l=Yn((e,t)=>o({user:e,action:t}),e);return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsxs)(`header`,{className:`ag-head`,children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`Users`}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button ag-primary`,onClick:()=>c(!0),children:`Invite a user`})]}),(0,w.jsx)(Hn,{}),(0,w.jsx)(P,{reading:i,children:({users:e})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(z,{label:`Users`,columns:l,rows:e.nodes,keyOf:({id:e})=>e,empty:`No user matches.`}),(0,w.jsxs)(`div`,{className:`ag-foot`,children:[(0,w.jsx)(Jn,{filter:n},JSON.stringify(n)),(0,w.jsx)(j,{label:`users`,page:e.pageInfo,shown:e.nodes.length,size:Kn})]})]})}),a&&(0,w.jsx)(sn,{...a,isOwn:a.user.id===e,onDone:i.reload,onClose:()=>o(void 0)}),s&&(0,w.jsx)(Gn,{onDone:i.reload,onClose:()=>c(!1)})]})},Jn=({filter:e})=>{let t=m(),[n,r]=(0,v.useState)(),i=async()=>r((await _.request(Re,{filter:e})).users.totalCount);return(0,w.jsxs)(`div`,{children:[n===void 0?(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,disabled:t.isRunning,onClick:()=>void t.run(i),children:`Count the matches`}):(0,w.jsx)(`span`,{role:`status`,children:n===1?`1 user matches.`:`${F(n)} users match.`}),(0,w.jsx)(o,{children:t.fault})]})},Yn=(e,t)=>[{title:`User`,cell:({id:e,email:t,name:n})=>(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(T,{href:x(`/users/${e}`),children:(0,w.jsx)(rt,{address:t})}),n&&(0,w.jsx)(`small`,{className:`ag-weak`,children:n})]})},{title:`Role`,cell:({role:e})=>e===`ADMIN`?(0,w.jsx)(R,{value:e,children:`Administrator`}):`User`},{title:`Status`,cell:({status:e})=>(0,w.jsx)(R,{value:e})},{title:`Verified`,cell:({emailVerified:e})=>e?`Yes`:(0,w.jsx)(`span`,{className:`ag-weak`,children:`No`})},{title:`Second factor`,cell:({mfa:e})=>e.enabled?`On`:(0,w.jsx)(`span`,{className:`ag-weak`,children:`Off`})},{title:`Created`,cell:({createdAt:e})=>(0,w.jsx)(I,{at:e})},{title:`Last sign-in`,cell:({lastLoginAt:e})=>e?(0,w.jsx)(I,{at:e}):(0,w.jsx)(`span`,{className:`ag-weak`,children:`Never`})},{title:`Actions`,isUntitled:!0,cell:n=>{let r=on.filter(({isOffered:e})=>e(n,n.id===t));return r.length===0?null:(0,w.jsx)(On,{label:`Actions for ${n.email}`,items:r,onChoose:t=>e(n,t)})}}],Xn=[[`/`,`Overview`],[`/users`,`Users`],[`/audit`,`Audit`],[`/settings`,`Settings`],[`/account`,`Your account`]],Zn=`/users/`,Qn=({user:e,notice:t,renewal:n})=>{let{path:r,params:i}=b(),a=i.get(`event`);return(0,v.useEffect)(()=>{t&&Ve(t)},[t]),er(r),(0,w.jsxs)(`div`,{className:`ag-shell`,children:[(0,w.jsx)(`a`,{className:`ag-skip`,href:`#main`,children:`Skip to the content`}),(0,w.jsx)(nr,{path:r,user:e}),(0,w.jsxs)(`main`,{id:`main`,tabIndex:-1,children:[n&&(0,w.jsxs)(o,{children:[`The server cannot be reached: `,n,` Trying again.`]}),(0,w.jsx)($n,{path:r,user:e})]}),(0,w.jsx)(He,{}),a!==null&&(0,w.jsx)(Ht,{id:a})]})},$n=({path:e,user:t})=>{if(e.startsWith(Zn)){let n=decodeURIComponent(e.slice(7));return(0,w.jsx)(wn,{id:n,own:t.id===n},n)}switch(e){case`/`:return(0,w.jsx)(Xt,{});case`/users`:return(0,w.jsx)(qn,{ownId:t.id});case`/audit`:return(0,w.jsx)(Vt,{});case`/settings`:return(0,w.jsx)($t,{});case`/account`:return(0,w.jsx)(Je,{user:t});default:return(0,w.jsxs)(w.Fragment,{children:[(0,w.jsx)(`h1`,{tabIndex:-1,children:`There is no such page`}),(0,w.jsx)(`p`,{children:(0,w.jsx)(T,{href:x(`/`),children:`Go to the overview`})})]})}},er=e=>{let t=(0,v.useRef)(!0);(0,v.useEffect)(()=>{let e=document.querySelector(`h1`);document.title=`${e?.textContent??`Console`} · ${c}`,performance.mark(`console-visible`),t.current||e?.focus({preventScroll:tr}),t.current=!1,tr=!1},[e])},tr=!1;addEventListener(`popstate`,()=>tr=!0);var nr=({path:e,user:t})=>{let n=m(),[r,i]=(0,v.useState)(!1);return(0,v.useEffect)(()=>i(!1),[e]),(0,w.jsxs)(`header`,{className:`ag-side`,children:[(0,w.jsxs)(`div`,{className:`ag-brand`,children:[(0,w.jsx)(`strong`,{children:c}),` `,(0,w.jsx)(`span`,{className:`ag-weak`,children:`Console`}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button ag-menu`,"aria-expanded":r,"aria-controls":`side`,onClick:()=>i(!r),children:`Menu`})]}),(0,w.jsxs)(`div`,{id:`side`,"data-open":r,children:[(0,w.jsx)(`nav`,{"aria-label":`Console`,children:(0,w.jsx)(`ul`,{children:Xn.map(([t,n])=>(0,w.jsx)(`li`,{children:(0,w.jsx)(T,{href:x(t),"aria-current":rr(e,t)?`page`:void 0,children:n})},t))})}),(0,w.jsxs)(`div`,{className:`ag-who`,children:[(0,w.jsx)(`div`,{className:`ag-weak`,children:t.name??`Administrator`}),(0,w.jsx)(`div`,{children:t.email}),(0,w.jsx)(o,{children:n.fault}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button`,disabled:n.isRunning,onClick:()=>void n.run(()=>_.logout()),children:`Sign out`}),(0,w.jsxs)(`small`,{className:`ag-weak`,children:[`authgraph `,f,` ·`,` `,(0,w.jsx)(`a`,{href:d,target:`_blank`,rel:`noreferrer`,children:`Licences`})]})]})]})]})},rr=(e,t)=>e===t||t!==`/`&&e.startsWith(`${t}/`),ir=()=>{let e=ne();switch(e.phase){case`starting`:return(0,w.jsx)(`p`,{className:`loading`,children:`One moment …`});case`signedOut`:return(0,w.jsx)(ar,{title:`Sign in to the console`,children:(0,w.jsx)(ie,{notice:e.notice,first:e.step})});case`signedIn`:{let{user:t}=e.session;return t.role===`ADMIN`?(0,w.jsx)(Qn,{user:t,notice:e.notice,renewal:e.renewal},e.session.id):(0,w.jsx)(or,{user:t})}}},ar=({title:e,children:t})=>((0,v.useEffect)(()=>{document.title=`${e} · ${c}`,performance.mark(`console-visible`)},[e]),(0,w.jsxs)(`main`,{className:`ag-page`,children:[(0,w.jsx)(`p`,{className:`ag-product`,children:c}),(0,w.jsx)(`h1`,{children:e}),t]})),or=({user:e})=>{let t=m();return(0,w.jsxs)(ar,{title:`For administrators`,children:[(0,w.jsxs)(`p`,{children:[`You are signed in as `,(0,w.jsx)(`strong`,{children:e.email}),`. The console is for administrators only. Ask one of them if you need it, or sign in with another account.`]}),(0,w.jsx)(o,{children:t.fault}),(0,w.jsx)(`button`,{type:`button`,className:`ag-button ag-primary`,disabled:t.isRunning,onClick:()=>void t.run(()=>_.logout()),children:`Sign out`})]})},sr=document.getElementById(`root`);sr&&(0,oe.createRoot)(sr).render((0,w.jsx)(v.StrictMode,{children:(0,w.jsx)(ir,{})}));