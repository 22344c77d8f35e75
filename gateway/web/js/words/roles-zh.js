// 角色名称。键与 roles-en.js 相同。
export default {
  "role.viewer": "查看者", "role.operator": "运行人员", "role.engineer": "工程师", "role.administrator": "管理员", "role.enterprise": "企业", "role.auditor": "审计员",
};
