// The names of the roles in English. Keys are the same as in roles-zh.js.
export default {
  "role.viewer": "Viewer", "role.operator": "Operator", "role.engineer": "Engineer", "role.administrator": "Administrator", "role.enterprise": "Enterprise", "role.auditor": "Auditor",
};
